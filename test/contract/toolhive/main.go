// Command toolhive-verdict says what ToolHive's own code makes of a config or an object.
//
// It reads one JSON request a line on stdin and answers each with one JSON line on stdout, in the same order, so that
// one process judges thousands of cases.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
)

// request is one question. Which fields are read depends on Op.
type request struct {
	// Op is "config" or "template".
	Op string `json:"op"`
	// YAML is the text of a vMCP's config.yaml.
	YAML string `json:"yaml"`
	// Text is a Go template of a composite tool.
	Text string `json:"text"`
	// Env holds the environment variables of the vMCP's container.
	Env map[string]string `json:"env"`
}

// answer is the verdict: OK, or the stage that refused and its error.
type answer struct {
	OK bool `json:"ok"`
	// Fields are what a template reads, sorted.
	Fields []string `json:"fields,omitempty"`
	Stage  string   `json:"stage,omitempty"`
	Error  string   `json:"error,omitempty"`
}

// refused is the verdict of a stage that ended with an error.
func refused(stage string, err error) answer {
	return answer{Stage: stage, Error: err.Error()}
}

// protect runs a stage. A panic would end the real process too, so it counts as that stage's error.
func protect(run func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return run()
}

func decide(line []byte) answer {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return refused("request", err)
	}
	switch asked.Op {
	case "config":
		return judgeConfig(asked.YAML, asked.Env)
	case "template":
		return judgeTemplate(asked.Text)
	default:
		return refused("request", fmt.Errorf("unknown op %q", asked.Op))
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
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
