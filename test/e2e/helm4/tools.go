//go:build tools

// Package helm4 pins the Helm 4 that the tests of the chart run.
package helm4

import _ "helm.sh/helm/v4/cmd/helm"
