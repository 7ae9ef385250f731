//go:build tools

// Package tools pins the programs of this family; their versions are those of go.mod.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
)
