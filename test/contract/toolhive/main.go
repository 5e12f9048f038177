// Command toolhive-verdict says what ToolHive's own code makes of a config or an object.
//
// It reads one JSON request a line on stdin and answers each with one JSON line on stdout, in the same order, so that
// one process judges thousands of cases.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/stacklok/toolhive/pkg/vmcp/config"
)

// request is one question. Which fields are read depends on Op.
type request struct {
	// Op is "config", "store", "decode", "convert", "reconcile", "template", "cedar", "schema" or "fields".
	Op string `json:"op"`
	// YAML is the text of a vMCP's config.yaml, for "config".
	YAML string `json:"yaml"`
	// Text is a Go template of a composite tool, or a Cedar policy.
	Text string `json:"text"`
	// AuthServer is the text of authserver-config.yaml beside it, if there is one, for "config".
	AuthServer string `json:"authServer"`
	// Env holds the environment variables of the vMCP's container, for "config", "convert" and "reconcile".
	Env map[string]string `json:"env"`
	// Start asks also for what the vMCP does after loading and validating, for "config" and "convert".
	Start bool `json:"start"`
	// Show asks for the config as it was loaded.
	Show bool `json:"show"`
	// Object is any object of a ToolHive kind, for "store" and "decode"; a VirtualMCPServer, for "convert" and
	// "reconcile"; a JSON Schema, for "schema".
	Object json.RawMessage `json:"object"`
	// Others are the objects that the VirtualMCPServer may refer to, for "convert"; all others of the
	// cluster, for "reconcile".
	Others []json.RawMessage `json:"others"`
}

// answer is the verdict: OK, or the stage that refused and its error.
type answer struct {
	OK    bool   `json:"ok"`
	Stage string `json:"stage,omitempty"`
	Error string `json:"error,omitempty"`
	// Fields are what a template reads, or all places in a config.yaml with their Go types; sorted.
	Fields []string `json:"fields,omitempty"`
	// Config is the loaded config, if it was asked for.
	Config json.RawMessage `json:"config,omitempty"`
	// Object is what the API server stores.
	Object json.RawMessage `json:"object,omitempty"`
	// YAML is the config.yaml that an object was converted to.
	YAML string `json:"yaml,omitempty"`
	// Calls has the error of a call of each backend, "no auth" or "", for "reconcile".
	Calls map[string]string `json:"calls,omitempty"`
}

// stage is a step that a config or an object has to pass.
type stage struct {
	name string
	run  func() error
}

// protect runs a step. A panic would end the real process too, so it counts as an error.
func protect(run func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return run()
}

// pass runs stages until one refuses.
func pass(stages ...stage) answer {
	for _, step := range stages {
		if err := protect(step.run); err != nil {
			return answer{Stage: step.name, Error: err.Error()}
		}
	}
	return answer{OK: true}
}

// withoutNetwork makes the requests of ToolHive's code fail at once, such as the one to an embedding service.
func withoutNetwork() {
	http.DefaultTransport = &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("this program has no network")
		},
	}
}

func decide(line []byte) answer {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Stage: "request", Error: err.Error()}
	}
	switch asked.Op {
	case "fields":
		return listFields()
	case "config":
		return judgeConfig(asked)
	case "template":
		return judgeTemplate(asked.Text)
	case "cedar":
		return judgePolicy(asked.Text)
	case "schema":
		return pass(stage{"parse", func() error { return config.ValidateJSONSchema(asked.Object) }})
	case "store":
		return judgeStorage(asked.Object)
	case "decode":
		return judgeObject(asked.Object)
	case "convert":
		return judgeServer(asked)
	case "reconcile":
		return judgeReconciled(asked)
	default:
		return answer{Stage: "request", Error: fmt.Sprintf("unknown op %q", asked.Op)}
	}
}

func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	replies := bufio.NewWriter(out)
	encoder := json.NewEncoder(replies)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if err := encoder.Encode(decide(line)); err != nil {
				return err
			}
		}
		// Waiting answers are sent before a read could block, and kept together otherwise.
		if lines.Buffered() == 0 || err != nil {
			if err := replies.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func main() {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	log.SetLogger(logr.Discard())
	withoutNetwork()
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
