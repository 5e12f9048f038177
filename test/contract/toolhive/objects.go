package main

import (
	"context"
	"encoding/json"
	"fmt"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/managedfields"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/stacklok/toolhive/cmd/thv-operator/api/v1alpha1"
	"github.com/stacklok/toolhive/cmd/thv-operator/api/v1beta1"
	"github.com/stacklok/toolhive/cmd/thv-operator/pkg/oidc"
	"github.com/stacklok/toolhive/cmd/thv-operator/pkg/vmcpconfig"
	"github.com/stacklok/toolhive/pkg/authserver"
	"github.com/stacklok/toolhive/pkg/vmcp/config"
)

var (
	scheme  = newScheme()
	decoder = serializer.NewCodecFactory(scheme).UniversalDeserializer()
	// The fake client would make converters of its own, for server-side apply, in 4 ms each time.
	typeConverter = managedfields.NewDeducedTypeConverter()
)

// newScheme knows ToolHive's kinds in every version, and Kubernetes' own, as the operator's does.
func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	utilruntime.Must(v1beta1.AddToScheme(scheme))
	return scheme
}

// decode reads an object into its Go type as the operator's client does: unknown fields pass.
func decode(raw json.RawMessage) (runtime.Object, error) {
	object, _, err := decoder.Decode(raw, nil, nil)
	return object, err
}

// judgeObject says whether the operator can decode an object. One that it cannot stops every object of its kind.
func judgeObject(raw json.RawMessage) answer {
	return pass(stage{"decode", func() error {
		_, err := decode(raw)
		return err
	}})
}

// neighbours is a client that knows the given objects, and the telemetry config that a server refers to.
func neighbours(server *v1beta1.VirtualMCPServer, others []json.RawMessage) (
	client.Client, *v1beta1.MCPTelemetryConfig, error,
) {
	var telemetry *v1beta1.MCPTelemetryConfig
	objects := make([]client.Object, 0, len(others))
	for _, raw := range others {
		decoded, err := decode(raw)
		if err != nil {
			return nil, nil, err
		}
		object, ok := decoded.(client.Object)
		if !ok {
			return nil, nil, fmt.Errorf("%T is not an object", decoded)
		}
		if found, ok := decoded.(*v1beta1.MCPTelemetryConfig); ok &&
			server.Spec.TelemetryConfigRef != nil && found.Name == server.Spec.TelemetryConfigRef.Name {
			telemetry = found
		}
		objects = append(objects, object)
	}
	reader := fake.NewClientBuilder().WithScheme(scheme).WithTypeConverters(typeConverter).WithObjects(objects...).Build()
	return reader, telemetry, nil
}

// convert makes the config of a VirtualMCPServer as its controller does, without the backends of inline mode.
func convert(server *v1beta1.VirtualMCPServer, others []json.RawMessage) (
	*config.Config, *authserver.RunConfig, error,
) {
	reader, telemetry, err := neighbours(server, others)
	if err != nil {
		return nil, nil, err
	}
	converter, err := vmcpconfig.NewConverter(oidc.NewResolver(reader), reader)
	if err != nil {
		return nil, nil, err
	}
	return converter.Convert(context.Background(), server, telemetry)
}

// judgeServer says what becomes of a VirtualMCPServer: decoding, the operator's checks, conversion, and the vMCP's start.
func judgeServer(asked request) answer {
	var server *v1beta1.VirtualMCPServer
	var converted *config.Config
	var authServer *authserver.RunConfig
	var text, authServerText []byte
	verdict := pass(
		stage{"decode", func() error {
			object, err := decode(asked.Object)
			if err != nil {
				return err
			}
			typed, ok := object.(*v1beta1.VirtualMCPServer)
			if !ok {
				return fmt.Errorf("%T is not a VirtualMCPServer of v1beta1", object)
			}
			server = typed
			return nil
		}},
		stage{"spec", func() error { return server.Validate() }},
		stage{"convert", func() (err error) {
			converted, authServer, err = convert(server, asked.Others)
			return err
		}},
		stage{"integration", func() error { return config.ValidateAuthServerIntegration(converted, authServer) }},
		stage{"write", func() (err error) {
			if text, err = yaml.Marshal(converted); err != nil || authServer == nil {
				return err
			}
			authServerText, err = yaml.Marshal(authServer)
			return err
		}},
	)
	if !verdict.OK {
		return verdict
	}
	verdict = judgeConfig(request{
		YAML: string(text), AuthServer: string(authServerText), Env: asked.Env, Start: asked.Start, Show: asked.Show,
	})
	verdict.YAML = string(text)
	return verdict
}
