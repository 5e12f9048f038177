//go:build tools

// Package cosign pins the cosign that signs a release.
package cosign

import _ "github.com/sigstore/cosign/v3/cmd/cosign"
