//go:build tools

// Package tools pins programs that a release and its tests run. cosign and krew have modules of their own, since they need
// other versions of the same packages.
package tools

import (
	_ "github.com/google/go-containerregistry/cmd/crane"
	_ "github.com/rhysd/actionlint/cmd/actionlint"
)
