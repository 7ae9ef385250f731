// Reads network configurations with what a pod requests of them, one JSON object a line, and answers a line each:
// what Multus' and libcni's readers say and, with -bin, what an ADD by the real plugins in a fresh network
// namespace says.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/containernetworking/cni/libcni"
	cnitypes "github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/containernetworking/plugins/pkg/testutils"
	"github.com/k8snetworkplumbingwg/network-attachment-definition-client/pkg/utils"
	"github.com/vishvananda/netlink"
	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/logging"
	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/types"
)

type question struct {
	Text string   `json:"text"`
	IPs  []string `json:"ips"` // what a pod requests
	MAC  string   `json:"mac"`

	PortMappings []*types.PortMapEntry `json:"portMappings"`
	Bandwidth    *types.BandwidthEntry `json:"bandwidth"`
	DeviceID     string                `json:"deviceID"`
}

type answer struct {
	Read   string `json:"read"`   // the readers' error, or empty
	ReadNs int64  `json:"readNs"` // how long they took
	Add    string `json:"add"`    // the plugins' error, or empty
	// How many interfaces Multus reports in network-status after an ADD.
	Reported int `json:"reported"`
	// Whether whereabouts gives the gateway's address to a pod.
	GivesGateway bool `json:"givesGateway"`
}

func main() {
	bin := flag.String("bin", "", "directory of the plugins")
	flag.Parse()
	logging.SetLogStderr(false)
	out := json.NewEncoder(os.Stdout)
	// whereabouts prints some of its errors there.
	os.Stdout = os.Stderr
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	for count := 0; in.Scan(); count++ {
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			panic(err)
		}
		var a answer
		start := time.Now()
		add, err := read(asked.Text)
		a.ReadNs = time.Since(start).Nanoseconds()
		if err != nil {
			a.Read = err.Error()
		} else if add.conf != nil && add.conf.Network.IPAM.Type == "whereabouts" {
			given, err := whereabouts(add.conf, asked)
			if err == nil && *bin != "" {
				// The kernel is asked for what whereabouts gives.
				asked.IPs = nil
				a.Reported, err = attempt(network{conf: given.conf}, asked, *bin, fmt.Sprintf("case%d", count))
			}
			a.GivesGateway = given.gateway
			if err != nil {
				a.Add = err.Error()
			}
		} else if *bin != "" {
			a.Reported, err = attempt(add, asked, *bin, fmt.Sprintf("case%d", count))
			if err != nil {
				a.Add = err.Error()
			}
		}
		out.Encode(a)
	}
}

// network is what Multus keeps of a NAD: one plugin or a list.
type network struct {
	conf *libcni.PluginConfig
	list *libcni.NetworkConfigList
}

// read does what Multus does with a NAD: name, delegate, then libcni (k8sclient.go; multus.go, confAdd and conflistAdd).
func read(text string) (result network, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	bytes, err := utils.GetCNIConfigFromSpec(text, "net")
	if err != nil {
		return result, err
	}
	delegate, err := types.LoadDelegateNetConf(bytes, nil, "", "")
	if err != nil {
		return result, err
	}
	if delegate.ConfListPlugin {
		result.list, err = libcni.NetworkConfFromBytes(delegate.Bytes)
	} else {
		result.conf, err = libcni.NetworkPluginConfFromBytes(delegate.Bytes)
	}
	return result, err
}

// attempt attaches the network in a namespace of its own, which has an eth0 with the default route, as a pod has.
func attempt(network network, asked question, bin string, id string) (int, error) {
	text := asked.Text
	netns, err := testutils.NewNS()
	if err != nil {
		panic(err)
	}
	defer testutils.UnmountNS(netns)
	defer netns.Close()
	if err := netns.Do(func(ns.NetNS) error { return makePod() }); err != nil {
		panic(err)
	}
	if strings.Contains(text, spare) {
		if err := addVeth(spare); err != nil {
			panic(err)
		}
	}
	runtime := &libcni.RuntimeConf{ContainerID: id, NetNS: netns.Path(), IfName: "net1"}
	request(runtime, asked)
	cni := libcni.NewCNIConfigWithCacheDir([]string{bin}, "/run/cni-cache", nil)
	// Long: a busy machine is no fault of the configuration.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	defer func() {
		// The namespace goes a while later; its macvlan must leave the master now, for the next case.
		netns.Do(func(ns.NetNS) error { remove("net1"); return nil })
		// A failed case may leave its lease, and the next would find a small range full.
		os.RemoveAll("/var/lib/cni")
		remove("br1", "br2", "cni0", spare)
	}()
	var result cnitypes.Result
	if network.list != nil {
		result, err = cni.AddNetworkList(ctx, network.list, runtime)
	} else {
		result, err = cni.AddNetwork(ctx, network.conf, runtime)
	}
	reported := 0
	if err == nil {
		statuses, err := utils.CreateNetworkStatuses(result, "net", false, nil)
		if err != nil {
			panic(err)
		}
		reported = len(statuses)
	}
	// What others leave behind goes with the namespace; these write firewall rules on the node.
	if ofTheNode.MatchString(text) {
		if network.list != nil {
			cni.DelNetworkList(ctx, network.list, runtime)
		} else {
			cni.DelNetwork(ctx, network.conf, runtime)
		}
	}
	return reported, err
}

// request passes what a pod requests as Multus does: in CNI_ARGS and, for the plugins that declare it, as a
// capability (DelegateAdd, newCNIRuntimeConf).
func request(runtime *libcni.RuntimeConf, asked question) {
	runtime.Args = [][2]string{{"IgnoreUnknown", "true"}, {"K8S_POD_NAMESPACE", "apps"}, {"K8S_POD_NAME", "web"}}
	runtime.CapabilityArgs = map[string]interface{}{}
	if asked.MAC != "" {
		runtime.Args = append(runtime.Args, [2]string{"MAC", asked.MAC})
		runtime.CapabilityArgs["mac"] = asked.MAC
	}
	if asked.IPs != nil {
		runtime.Args = append(runtime.Args, [2]string{"IP", strings.Join(asked.IPs, ",")})
		runtime.CapabilityArgs["ips"] = asked.IPs
	}
	if len(asked.PortMappings) != 0 {
		runtime.CapabilityArgs["portMappings"] = asked.PortMappings
	}
	if asked.Bandwidth != nil {
		runtime.CapabilityArgs["bandwidth"] = asked.Bandwidth
	}
	if asked.DeviceID != "" {
		runtime.CapabilityArgs["deviceID"] = asked.DeviceID
	}
}

var ofTheNode = regexp.MustCompile("portmap|firewall|ipMasq|macspoofchk|bandwidth")

// makePod gives the namespace eth0 with an address and the default route.
func makePod() error {
	for _, which := range []string{"all", "default"} {
		// With it each IPv6 address takes a second or two to be found unique.
		os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/accept_dad", []byte("0"), 0o644)
	}
	if err := addVeth("eth0"); err != nil {
		return err
	}
	for _, name := range []string{"lo", "eth0", "eth0-peer"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
	}
	eth0, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	address, _ := netlink.ParseAddr("198.51.100.2/24")
	if err := netlink.AddrAdd(eth0, address); err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: eth0.Attrs().Index, Gw: net.ParseIP("198.51.100.1")})
}

// spare is a device of the node that host-device may take.
const spare = "spare0"

func addVeth(name string) error {
	return netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: name + "-peer"})
}

func remove(names ...string) {
	for _, name := range names {
		if link, err := netlink.LinkByName(name); err == nil {
			netlink.LinkDel(link)
		}
	}
}
