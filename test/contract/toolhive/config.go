package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/stacklok/toolhive/pkg/authserver"
	"github.com/stacklok/toolhive/pkg/vmcp/config"
)

// environment is an env.Reader over the variables of one request.
type environment map[string]string

func (e environment) Getenv(name string) string {
	return e[name]
}

func (e environment) LookupEnv(name string) (string, bool) {
	value, found := e[name]
	return value, found
}

// load runs the vMCP's loader, which reads a file.
func load(text string, env environment) (*config.Config, error) {
	folder, err := os.MkdirTemp("", "toolhive-verdict-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return config.NewYAMLLoader(path, env).Load()
}

// loadAuthServer reads an authserver-config.yaml as the vMCP does, which is not strict.
func loadAuthServer(text string) (*authserver.RunConfig, error) {
	if text == "" {
		return nil, nil
	}
	var loaded authserver.RunConfig
	if err := yaml.Unmarshal([]byte(text), &loaded); err != nil {
		return nil, fmt.Errorf("failed to parse auth server config: %w", err)
	}
	return &loaded, nil
}

// judgeConfig says what a vMCP does at start with a config.yaml: its loader, its validator, and what comes after.
func judgeConfig(asked request) answer {
	var loaded *config.Config
	verdict := pass(
		stage{"load", func() (err error) {
			loaded, err = load(asked.YAML, asked.Env)
			return err
		}},
		stage{"validate", func() error { return config.NewValidator().Validate(loaded) }},
		stage{"start", func() error {
			if !asked.Start {
				return nil
			}
			authServer, err := loadAuthServer(asked.AuthServer)
			if err != nil {
				return err
			}
			return start(loaded, authServer)
		}},
	)
	if asked.Show && loaded != nil {
		// A value that JSON cannot hold leaves the field empty.
		verdict.Config, _ = json.Marshal(loaded)
	}
	return verdict
}
