// Reads annotations of pods, one JSON object a line, and answers a line each what Multus' own code makes of
// them: the networks that a pod asks for (k8sclient.GetPodNetwork), the status (utils.GetNetworkStatus) or what
// namespace isolation says (k8sclient.GetNetworkDelegates).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	nettypes "github.com/k8snetworkplumbingwg/network-attachment-definition-client/pkg/apis/k8s.cni.cncf.io/v1"
	"github.com/k8snetworkplumbingwg/network-attachment-definition-client/pkg/utils"
	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/k8sclient"
	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/logging"
	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/types"
)

type question struct {
	Annotation string `json:"annotation"`
	Status     bool   `json:"status"`
	// Asks whether isolation lets a pod of namespace "apps" use the networks of the annotation.
	Isolation *string `json:"isolation"` // globalNamespaces, as in Multus' configuration
}

type answer struct {
	Error    string                   `json:"error"` // of Multus, or its panic; empty where it is content
	Networks []network                `json:"networks,omitempty"`
	Status   []nettypes.NetworkStatus `json:"status,omitempty"`
}

// network is a types.NetworkSelectionElement with what its own JSON would hide.
type network struct {
	Name         string                `json:"name"`
	Namespace    string                `json:"namespace"`
	Interface    string                `json:"interface"`
	IPs          []string              `json:"ips"`
	MAC          string                `json:"mac"`
	GUID         string                `json:"guid"`
	DeviceID     string                `json:"deviceId"`
	PortMappings []types.PortMapEntry  `json:"portMappings"`
	Bandwidth    *types.BandwidthEntry `json:"bandwidth"`
	CNIArgs      []string              `json:"cniArgs"`
	Gateways     []string              `json:"gateways"` // each as 16 bytes in hexadecimal, empty for none
	HasGateways  bool                  `json:"hasGateways"`
}

func main() {
	logging.SetLogStderr(false)
	out := json.NewEncoder(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		out.Encode(ask(q))
	}
}

func ask(q question) (result answer) {
	defer func() {
		if p := recover(); p != nil {
			result = answer{Error: fmt.Sprintf("panic: %v", p)}
		}
	}()
	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "apps", Annotations: map[string]string{}}}
	if q.Status {
		pod.Annotations[nettypes.NetworkStatusAnnot] = q.Annotation
		status, err := utils.GetNetworkStatus(pod)
		if err != nil {
			return answer{Error: err.Error()}
		}
		return answer{Status: status}
	}
	pod.Annotations[nettypes.NetworkAttachmentAnnot] = q.Annotation
	networks, err := k8sclient.GetPodNetwork(pod)
	if _, none := err.(*k8sclient.NoK8sNetworkError); none {
		return answer{}
	} else if err != nil {
		return answer{Error: err.Error()}
	}
	if q.Isolation != nil {
		return isolated(pod, networks, *q.Isolation)
	}
	for _, n := range networks {
		result.Networks = append(result.Networks, shown(n))
	}
	return result
}

// isolated answers with Multus' error where isolation forbids a network. Those that it allows fail later, for
// want of an API server.
func isolated(pod *v1.Pod, networks []*types.NetworkSelectionElement, global string) (result answer) {
	text, _ := json.Marshal(map[string]any{
		"name": "multus", "type": "multus", "namespaceIsolation": true, "globalNamespaces": global,
		"delegates": []any{map[string]string{"name": "primary", "type": "bridge"}},
	})
	conf, err := types.LoadNetConf(text)
	if err != nil {
		panic(err)
	}
	defer func() { recover() }()
	if _, err := k8sclient.GetNetworkDelegates(&k8sclient.ClientInfo{}, pod, networks, conf, nil); err != nil {
		result.Error = err.Error()
	}
	return result
}

func shown(n *types.NetworkSelectionElement) network {
	shown := network{
		Name: n.Name, Namespace: n.Namespace, Interface: n.InterfaceRequest, IPs: n.IPRequest,
		MAC: n.MacRequest, GUID: n.InfinibandGUIDRequest, DeviceID: n.DeviceID, Bandwidth: n.BandwidthRequest,
		HasGateways: n.GatewayRequest != nil,
	}
	for _, mapping := range n.PortMappingsRequest {
		if mapping == nil {
			mapping = &types.PortMapEntry{}
		}
		shown.PortMappings = append(shown.PortMappings, *mapping)
	}
	if n.CNIArgs != nil {
		shown.CNIArgs = []string{}
		for key := range *n.CNIArgs {
			shown.CNIArgs = append(shown.CNIArgs, key)
		}
	}
	if n.GatewayRequest != nil {
		for _, gateway := range *n.GatewayRequest {
			shown.Gateways = append(shown.Gateways, hexadecimal(gateway))
		}
	}
	return shown
}

func hexadecimal(ip net.IP) string {
	return fmt.Sprintf("%x", []byte(ip.To16()))
}
