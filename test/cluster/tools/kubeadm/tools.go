//go:build tools

// Package tools pins the programs of this family; their versions are those of go.mod.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kubeadm"
)
