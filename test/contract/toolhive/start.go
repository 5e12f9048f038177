package main

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	tcredis "github.com/stacklok/toolhive-core/redis"
	"github.com/stacklok/toolhive/pkg/authserver"
	"github.com/stacklok/toolhive/pkg/authz"
	"github.com/stacklok/toolhive/pkg/ratelimit"
	"github.com/stacklok/toolhive/pkg/telemetry"
	"github.com/stacklok/toolhive/pkg/vmcp"
	"github.com/stacklok/toolhive/pkg/vmcp/aggregator"
	authfactory "github.com/stacklok/toolhive/pkg/vmcp/auth/factory"
	vmcpclient "github.com/stacklok/toolhive/pkg/vmcp/client"
	"github.com/stacklok/toolhive/pkg/vmcp/codemode"
	"github.com/stacklok/toolhive/pkg/vmcp/config"
	"github.com/stacklok/toolhive/pkg/vmcp/optimizer"
	vmcprouter "github.com/stacklok/toolhive/pkg/vmcp/router"
	vmcpserver "github.com/stacklok/toolhive/pkg/vmcp/server"
	vmcpsession "github.com/stacklok/toolhive/pkg/vmcp/session"
)

// neverAsked is a client of a Redis to which nothing connects.
var neverAsked = redis.NewClient(&redis.Options{})

// start does what the vMCP does with a valid config before it listens, in its order, but for all that needs a network or a
// file: discovery, the identity provider, Redis, keys. Source: cli.Serve.
func start(cfg *config.Config, authServer *authserver.RunConfig) error {
	if err := config.InjectSubjectProviderNames(cfg, authServer); err != nil {
		return fmt.Errorf("failed to default outgoing auth subject provider names: %w", err)
	}
	if authServer != nil {
		if err := authServer.Validate(); err != nil {
			return fmt.Errorf("failed to create embedded auth server: invalid run config: %w", err)
		}
	}
	resolver, err := aggregator.NewConflictResolver(cfg.Aggregation)
	if err != nil {
		return fmt.Errorf("failed to create conflict resolver: %w", err)
	}
	if err := checkTelemetry(cfg.Telemetry); err != nil {
		return err
	}
	optimizerConfig, err := optimizer.GetAndValidateConfig(cfg.Optimizer)
	if err != nil {
		return fmt.Errorf("failed to validate optimizer config: %w", err)
	}
	authzConfig, err := checkIncomingAuth(cfg)
	if err != nil {
		return err
	}
	if err := checkRateLimits(cfg); err != nil {
		return err
	}
	workflows, err := vmcpserver.ConvertConfigToWorkflowDefinitions(cfg.CompositeTools)
	if err != nil {
		return fmt.Errorf("failed to convert composite tool definitions: %w", err)
	}

	ctx := context.Background()
	registry, err := authfactory.NewOutgoingAuthRegistry(ctx, environment{})
	if err != nil {
		return err
	}
	client, err := vmcpclient.NewHTTPBackendClient(registry)
	if err != nil {
		return err
	}
	storage := cfg.SessionStorage
	if storage != nil && storage.Provider == "redis" {
		if err := (&tcredis.Config{Addr: storage.Address}).Validate(); err != nil {
			return fmt.Errorf("failed to create session data storage: redis: invalid configuration: %w", err)
		}
		storage = nil
	}
	server, err := vmcpserver.New(ctx, vmcpserver.WithDefaults(&vmcpserver.Config{
		Name:               cfg.Name,
		GroupRef:           cfg.Group,
		PassthroughHeaders: cfg.PassthroughHeaders,
		AuditConfig:        cfg.Audit,
		OptimizerConfig:    optimizerConfig,
		CodeModeConfig:     codemode.FromConfig(cfg.CodeMode),
		SessionFactory:     vmcpsession.NewSessionFactory(registry),
		SessionStorage:     storage,
		Aggregator:         aggregator.NewDefaultAggregator(client, resolver, cfg.Aggregation, nil),
		Authz:              authzConfig,
	}), vmcprouter.NewSessionRouter(&vmcp.RoutingTable{}), client, vmcp.NewDynamicRegistry(nil), workflows)
	if err != nil {
		return fmt.Errorf("failed to create Virtual MCP Server: %w", err)
	}
	_ = server.Stop(ctx)
	return nil
}

// checkTelemetry creates a provider that sends nothing.
func checkTelemetry(cfg *telemetry.Config) error {
	if cfg == nil {
		return nil
	}
	// Prometheus registers once a process, and exporters would connect: only the checks before them are of interest.
	quiet := *cfg
	quiet.EnablePrometheusMetricsPath = false
	if quiet.TracingEnabled || quiet.MetricsEnabled {
		quiet.Endpoint, quiet.TracingEnabled, quiet.MetricsEnabled = "", false, false
	}
	if _, err := telemetry.NewProvider(context.Background(), quiet); err != nil {
		return fmt.Errorf("failed to create telemetry provider: %w", err)
	}
	return nil
}

// checkIncomingAuth builds what decides about requests. For OIDC that asks the issuer, so only Cedar is built then.
func checkIncomingAuth(cfg *config.Config) (*authz.Config, error) {
	if cfg.IncomingAuth.Type != config.IncomingAuthTypeOIDC {
		_, _, _, err := authfactory.NewIncomingAuthMiddleware(
			context.Background(), cfg.IncomingAuth, cfg.Name, nil, nil, nil, "")
		if err != nil {
			return nil, fmt.Errorf("failed to create authentication middleware: %w", err)
		}
	}
	authzConfig, err := authfactory.BuildAuthzConfig(cfg.IncomingAuth.Authz)
	if err != nil || authzConfig == nil {
		return nil, err
	}
	if _, err := authz.CreateMiddlewareFromConfig(authzConfig, cfg.Name, nil); err != nil {
		return nil, fmt.Errorf("failed to create authentication middleware: failed to create Cedar middleware: %w", err)
	}
	return authzConfig, nil
}

// checkRateLimits builds the limiter without a connection. Source: ratelimit/factory.NewLimiter.
func checkRateLimits(cfg *config.Config) error {
	if cfg.RateLimiting == nil {
		return nil
	}
	if cfg.SessionStorage == nil || cfg.SessionStorage.Provider != "redis" || cfg.SessionStorage.Address == "" {
		return fmt.Errorf("failed to create rate limiter: rate limiting requires Redis session storage with an address")
	}
	if _, err := ratelimit.NewLimiter(neverAsked, "", cfg.Name, cfg.RateLimiting); err != nil {
		return fmt.Errorf("failed to create rate limiter: %w", err)
	}
	return nil
}
