package main

import (
	"os"
	"path/filepath"

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
func load(yaml string, env environment) (*config.Config, error) {
	folder, err := os.MkdirTemp("", "toolhive-verdict-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		return nil, err
	}
	return config.NewYAMLLoader(path, env).Load()
}

// judgeConfig says what the vMCP does at start with a config.yaml: its loader, then its validator.
func judgeConfig(yaml string, env map[string]string) answer {
	var loaded *config.Config
	err := protect(func() (err error) {
		loaded, err = load(yaml, env)
		return err
	})
	if err != nil {
		return refused("load", err)
	}
	if err := protect(func() error { return config.NewValidator().Validate(loaded) }); err != nil {
		return refused("validate", err)
	}
	return answer{OK: true}
}
