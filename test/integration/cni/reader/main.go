// Reads network configurations, one JSON string a line, and answers a line each: what Multus' and libcni's
// readers say and, with -bin, what an ADD by the real plugins in a fresh network namespace says.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/containernetworking/plugins/pkg/testutils"
	"github.com/k8snetworkplumbingwg/network-attachment-definition-client/pkg/utils"
	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/logging"
	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/types"
)

type answer struct {
	Read string `json:"read"` // the readers' error, or empty
	Add  string `json:"add"`  // the plugins' error, or empty
}

func main() {
	bin := flag.String("bin", "", "directory of the plugins")
	flag.Parse()
	logging.SetLogStderr(false)
	out := json.NewEncoder(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	for count := 0; in.Scan(); count++ {
		var text string
		if err := json.Unmarshal(in.Bytes(), &text); err != nil {
			panic(err)
		}
		var a answer
		add, err := read(text)
		if err != nil {
			a.Read = err.Error()
		} else if *bin != "" {
			if err := attempt(add, *bin, fmt.Sprintf("case%d", count)); err != nil {
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

// attempt attaches and detaches the network in a namespace of its own.
func attempt(network network, bin string, id string) error {
	netns, err := testutils.NewNS()
	if err != nil {
		panic(err)
	}
	defer testutils.UnmountNS(netns)
	defer netns.Close()
	// Without it each IPv6 address takes a second or two to be found unique.
	if err := netns.Do(func(ns.NetNS) error {
		for _, which := range []string{"all", "default"} {
			os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/accept_dad", []byte("0"), 0o644)
		}
		return nil
	}); err != nil {
		panic(err)
	}
	runtime := &libcni.RuntimeConf{ContainerID: id, NetNS: netns.Path(), IfName: "net1"}
	cni := libcni.NewCNIConfigWithCacheDir([]string{bin}, "/run/cni-cache", nil)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	defer func() {
		// A failed case may leave its lease, and the next would find a small range full.
		os.RemoveAll("/var/lib/cni")
		for _, bridge := range []string{"br1", "br2", "cni0"} {
			exec.Command("ip", "link", "delete", bridge).Run()
		}
	}()
	if network.list != nil {
		_, err = cni.AddNetworkList(ctx, network.list, runtime)
		cni.DelNetworkList(ctx, network.list, runtime)
	} else {
		_, err = cni.AddNetwork(ctx, network.conf, runtime)
		cni.DelNetwork(ctx, network.conf, runtime)
	}
	return err
}
