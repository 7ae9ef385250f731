package main

import (
	"fmt"
	"net"
	"os"

	"github.com/containernetworking/cni/libcni"
	"github.com/k8snetworkplumbingwg/whereabouts/pkg/allocate"
	"github.com/k8snetworkplumbingwg/whereabouts/pkg/config"
)

// whereabouts reads the configuration as the plugin does, and takes a first address of each range. The plugin
// itself would ask an API server for the addresses that are taken.
func whereabouts(conf *libcni.PluginConfig) (err error) {
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
	ipam, _, err := config.LoadIPAMConfig(conf.Bytes, "", flat.Name())
	if err != nil {
		return err
	}
	for _, r := range ipam.IPRanges {
		_, network, err := net.ParseCIDR(r.Range)
		if err != nil {
			return err
		}
		if _, _, err := allocate.IterateForAssignment(*network, r.RangeStart, r.RangeEnd, nil, r.OmitRanges, "", "", ""); err != nil {
			return err
		}
	}
	return nil
}
