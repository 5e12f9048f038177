//go:build tools

package main

// The node tests build the vMCP from the same module.
import _ "github.com/stacklok/toolhive/cmd/vmcp"
