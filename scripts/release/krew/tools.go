//go:build tools

// Package krew pins the krew that installs the kubectl plugin in a test.
package krew

import _ "sigs.k8s.io/krew/cmd/krew"
