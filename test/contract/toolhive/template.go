package main

import (
	"sort"

	"github.com/stacklok/toolhive/pkg/templates"
)

// judgeTemplate parses a template as ToolHive does, and tells what it reads.
func judgeTemplate(text string) answer {
	var fields []string
	err := protect(func() (err error) {
		fields, err = templates.ExtractReferences(text)
		return err
	})
	if err != nil {
		return refused("parse", err)
	}
	sort.Strings(fields)
	return answer{OK: true, Fields: fields}
}
