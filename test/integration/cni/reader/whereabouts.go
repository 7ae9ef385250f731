package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/containernetworking/cni/libcni"
	"github.com/k8snetworkplumbingwg/whereabouts/pkg/allocate"
	"github.com/k8snetworkplumbingwg/whereabouts/pkg/config"
	"github.com/k8snetworkplumbingwg/whereabouts/pkg/iphelpers"
	"github.com/k8snetworkplumbingwg/whereabouts/pkg/types"
)

// given is what whereabouts hands out: the configuration with it in an IPAM that needs no API server.
type given struct {
	conf    *libcni.PluginConfig
	gateway bool
}

// whereabouts reads the configuration as the plugin does, and takes a first address of each range for the
// interface. The plugin itself keeps the pools in the API server: here they are lists of that name.
func whereabouts(conf *libcni.PluginConfig, asked question) (result given, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	// What the node's whereabouts.conf holds.
	flat, err := os.CreateTemp("", "whereabouts")
	if err != nil {
		panic(err)
	}
	defer os.Remove(flat.Name())
	flat.WriteString(`{"kubernetes":{"kubeconfig":"/none"}}`)
	flat.Close()
	args := "IgnoreUnknown=true;K8S_POD_NAMESPACE=apps;K8S_POD_NAME=web"
	if asked.IPs != nil {
		args += ";IP=" + strings.Join(asked.IPs, ",")
	}
	ipam, _, err := config.LoadIPAMConfig(conf.Bytes, args, flat.Name())
	if err != nil {
		return result, err
	}
	slice := ""
	if ipam.NodeSliceSize != "" && len(ipam.IPRanges) > 0 {
		slices, err := iphelpers.DivideRangeBySize(ipam.IPRanges[0].Range, ipam.NodeSliceSize)
		if err != nil {
			return result, err
		}
		if len(slices) == 0 {
			return result, fmt.Errorf("no allocated node slice for node")
		}
		slice = slices[0]
	}
	type address struct {
		Address string `json:"address"`
		Gateway string `json:"gateway,omitempty"`
	}
	var addresses []address
	pools := map[string][]types.IPReservation{}
	for i, r := range ipam.IPRanges {
		// A network has one pool, and so has a node's slice (pkg/storage/kubernetes, IPPoolName).
		name := r.Range
		if slice != "" {
			name = slice
			if r, err = ofSlice(r, slice); err != nil {
				return result, err
			}
		}
		ip, reserved, err := allocate.AssignIP(r, pools[name], "container", ipam.GetPodRef(), "net1")
		if err != nil {
			return result, err
		}
		pools[name] = reserved
		addresses = append(addresses, address{ip.String(), textOf(ipam.Gateway)})
		// With slices the pool is one: a further range gets the address of the first again.
		if slice == "" || i == 0 {
			result.gateway = result.gateway || ipam.Gateway != nil && gives(r, ipam.Gateway)
		}
	}
	for _, a := range ipam.Addresses {
		addresses = append(addresses, address{a.Address.String(), textOf(a.Gateway)})
	}
	var whole map[string]interface{}
	if err := json.Unmarshal(conf.Bytes, &whole); err != nil {
		return result, err
	}
	whole["ipam"] = map[string]interface{}{"type": "static", "addresses": addresses, "routes": ipam.Routes}
	bytes, err := json.Marshal(whole)
	if err != nil {
		return result, err
	}
	result.conf, err = libcni.NetworkPluginConfFromBytes(bytes)
	return result, err
}

// ofSlice is what the plugin makes of a range with node slices (IPManagementKubernetesUpdate).
func ofSlice(r types.RangeConfiguration, slice string) (types.RangeConfiguration, error) {
	_, network, err := net.ParseCIDR(slice)
	if err != nil {
		return r, err
	}
	first, err := iphelpers.FirstUsableIP(*network)
	if err != nil {
		return r, err
	}
	last, err := iphelpers.LastUsableIP(*network)
	return types.RangeConfiguration{Range: r.Range, RangeStart: first, RangeEnd: last}, err
}

// gives says whether some pod gets the address: the first of a range that begins there.
func gives(r types.RangeConfiguration, address net.IP) bool {
	_, network, err := net.ParseCIDR(r.Range)
	if err != nil {
		return false
	}
	first, last, err := iphelpers.GetIPRange(*network, r.RangeStart, r.RangeEnd)
	if err != nil || iphelpers.CompareIPs(address, first) < 0 || iphelpers.CompareIPs(address, last) > 0 {
		return false
	}
	found, _, err := allocate.IterateForAssignment(*network, address, address, nil, r.OmitRanges, "", "", "")
	return err == nil && found.Equal(address)
}

func textOf(ip net.IP) string {
	if ip == nil {
		return ""
	}
	return ip.String()
}
