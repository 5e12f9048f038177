package main

import (
	"sort"

	"github.com/stacklok/toolhive/pkg/templates"
)

// judgeTemplate parses a template as ToolHive does, and tells what it reads.
func judgeTemplate(text string) answer {
	var fields []string
	verdict := pass(stage{"parse", func() (err error) {
		fields, err = templates.ExtractReferences(text)
		return err
	}})
	sort.Strings(fields)
	verdict.Fields = fields
	return verdict
}
