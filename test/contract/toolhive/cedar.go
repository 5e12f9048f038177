package main

import (
	cedar "github.com/cedar-policy/cedar-go"
)

// judgePolicy reads a Cedar policy as ToolHive's authorizer does.
func judgePolicy(text string) answer {
	return pass(stage{"parse", func() error {
		var policy cedar.Policy
		return policy.UnmarshalCedar([]byte(text))
	}})
}
