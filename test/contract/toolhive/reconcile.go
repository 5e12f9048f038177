package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/stacklok/toolhive/cmd/thv-operator/api/v1beta1"
	"github.com/stacklok/toolhive/cmd/thv-operator/controllers"
	"github.com/stacklok/toolhive/pkg/auth"
	"github.com/stacklok/toolhive/pkg/authserver"
	"github.com/stacklok/toolhive/pkg/groups"
	"github.com/stacklok/toolhive/pkg/vmcp"
	"github.com/stacklok/toolhive/pkg/vmcp/aggregator"
	authfactory "github.com/stacklok/toolhive/pkg/vmcp/auth/factory"
	"github.com/stacklok/toolhive/pkg/vmcp/config"
	"github.com/stacklok/toolhive/pkg/vmcp/workloads"
)

// clusterOf is a client of a cluster with the given objects, and with no others.
func clusterOf(raws []json.RawMessage) (client.Client, error) {
	builder := fake.NewClientBuilder().WithScheme(scheme).WithTypeConverters(typeConverter).
		WithStatusSubresource(&v1beta1.VirtualMCPServer{})
	for _, raw := range raws {
		decoded, err := decode(raw)
		if err != nil {
			return nil, err
		}
		object, ok := decoded.(client.Object)
		if !ok {
			return nil, fmt.Errorf("%T is not an object", decoded)
		}
		builder.WithObjects(object)
	}
	return builder.Build(), nil
}

// reconcileServer runs the operator's controller once. An error is its own, or what it writes to the status instead.
func reconcileServer(ctx context.Context, cluster client.Client, key client.ObjectKey) (*corev1.ConfigMap, error) {
	controller := &controllers.VirtualMCPServerReconciler{Client: cluster, Scheme: scheme}
	_, failure := controller.Reconcile(ctx, ctrl.Request{NamespacedName: key})
	written := &corev1.ConfigMap{}
	err := cluster.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: key.Name + "-vmcp-config"}, written)
	if err == nil {
		// What fails later, such as the Deployment, is not about the config.
		return written, nil
	}
	var server v1beta1.VirtualMCPServer
	if err := cluster.Get(ctx, key, &server); err == nil && failure == nil && server.Status.Message != "" {
		failure = errors.New(server.Status.Message)
	}
	return nil, errors.Join(failure, err)
}

// discover finds the backends of a vMCP with their auth, as it does at start.
func discover(ctx context.Context, cluster client.Client, namespace string, cfg *config.Config) ([]vmcp.Backend, error) {
	manager := groups.NewCRDManager(cluster, namespace)
	found := workloads.NewK8SDiscovererWithClient(cluster, namespace)
	discoverer := aggregator.NewUnifiedBackendDiscoverer(found, manager, cfg.OutgoingAuth)
	if len(cfg.Backends) > 0 {
		discoverer = aggregator.NewUnifiedBackendDiscovererWithStaticBackends(
			cfg.Backends, cfg.OutgoingAuth, cfg.Group, nil)
	}
	return discoverer.Discover(ctx, cfg.Group)
}

// callBackends authenticates a call of each backend for a user who is logged in at every provider of the auth server. The
// answer has the error of each backend, "no auth" for one that is called without any, else nothing.
func callBackends(ctx context.Context, backends []vmcp.Backend, authServer *authserver.RunConfig) (map[string]string, error) {
	registry, err := authfactory.NewOutgoingAuthRegistry(ctx, environment{})
	if err != nil {
		return nil, err
	}
	user := &auth.Identity{UpstreamTokens: map[string]string{}, UpstreamIDTokens: map[string]string{}}
	if authServer != nil {
		for _, upstream := range authServer.Upstreams {
			user.UpstreamTokens[upstream.Name] = "token"
			user.UpstreamIDTokens[upstream.Name] = "token"
		}
	}
	calls := map[string]string{}
	for _, backend := range backends {
		calls[backend.Name] = ""
		if backend.AuthConfig == nil {
			calls[backend.Name] = "no auth"
			continue
		}
		strategy, err := registry.GetStrategy(backend.AuthConfig.Type)
		if err != nil {
			return nil, err
		}
		call, _ := http.NewRequest(http.MethodPost, backend.BaseURL, nil)
		if err := strategy.Authenticate(auth.WithIdentity(ctx, user), call, backend.AuthConfig); err != nil {
			calls[backend.Name] = err.Error()
		}
	}
	return calls, nil
}

// judgeReconciled says what becomes of a VirtualMCPServer in a cluster: the operator's controller with its conversion of
// the members' auth, the vMCP's start, and the calls of its backends.
func judgeReconciled(asked request) answer {
	ctx := context.Background()
	var cluster client.Client
	var written *corev1.ConfigMap
	key := client.ObjectKey{}
	verdict := pass(
		stage{"decode", func() error {
			object, err := decode(asked.Object)
			if err != nil {
				return err
			}
			server, ok := object.(*v1beta1.VirtualMCPServer)
			if !ok {
				return fmt.Errorf("%T is not a VirtualMCPServer of v1beta1", object)
			}
			key = client.ObjectKeyFromObject(server)
			cluster, err = clusterOf(append(asked.Others, asked.Object))
			return err
		}},
		stage{"reconcile", func() (err error) {
			written, err = reconcileServer(ctx, cluster, key)
			return err
		}},
	)
	if !verdict.OK {
		return verdict
	}
	text, authServerText := written.Data["config.yaml"], written.Data["authserver-config.yaml"]
	verdict = judgeConfig(request{YAML: text, AuthServer: authServerText, Env: asked.Env, Start: true})
	verdict.YAML = text
	if !verdict.OK {
		return verdict
	}
	return withCalls(ctx, verdict, cluster, key.Namespace, authServerText, asked.Env)
}

func withCalls(
	ctx context.Context, verdict answer, cluster client.Client, namespace, authServerText string, env environment,
) answer {
	refused := pass(stage{"discover", func() error {
		loaded, err := load(verdict.YAML, env)
		if err != nil {
			return err
		}
		authServer, err := loadAuthServer(authServerText)
		if err != nil {
			return err
		}
		if err := config.InjectSubjectProviderNames(loaded, authServer); err != nil {
			return err
		}
		backends, err := discover(ctx, cluster, namespace, loaded)
		if err != nil {
			return err
		}
		verdict.Calls, err = callBackends(ctx, backends, authServer)
		return err
	}})
	if !refused.OK {
		return refused
	}
	return verdict
}
