package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// storage is what the API server does with the objects of one version of a kind.
type storage struct {
	structural *schema.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator
}

// storages has them by "version/kind", from the CRDs in the folder "crds" beside this program.
var storages = sync.OnceValues(func() (map[string]*storage, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(program), "crds", "*.yaml"))
	if err != nil {
		return nil, err
	}
	found := map[string]*storage{}
	for _, file := range files {
		if err := addStorages(file, found); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return found, nil
})

func addStorages(file string, to map[string]*storage) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return err
	}
	for _, version := range crd.Spec.Versions {
		made, err := newStorage(version.Schema.OpenAPIV3Schema)
		if err != nil {
			return err
		}
		to[crd.Spec.Group+"/"+version.Name+"/"+crd.Spec.Names.Kind] = made
	}
	return nil
}

func newStorage(external *apiextensionsv1.JSONSchemaProps) (*storage, error) {
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(external, &props, nil); err != nil {
		return nil, err
	}
	structural, err := schema.NewStructural(&props)
	if err != nil {
		return nil, err
	}
	validator, _, err := validation.NewSchemaValidator(&props)
	if err != nil {
		return nil, err
	}
	return &storage{structural, validator, cel.NewValidator(structural, true, celconfig.PerCallLimit)}, nil
}

// store prunes, defaults and validates an object as the API server does when it is created. Source: customresource.strategy.
func store(raw json.RawMessage) (map[string]any, error) {
	var object unstructured.Unstructured
	if err := object.UnmarshalJSON(raw); err != nil {
		return nil, err
	}
	known, err := storages()
	if err != nil {
		return nil, err
	}
	of, ok := known[object.GetAPIVersion()+"/"+object.GetKind()]
	if !ok {
		return nil, fmt.Errorf("no CRD for %s %s", object.GetAPIVersion(), object.GetKind())
	}
	pruning.Prune(object.Object, of.structural, true)
	defaulting.PruneNonNullableNullsWithoutDefaults(object.Object, of.structural)
	defaulting.Default(object.Object, of.structural)

	var none *field.Path
	problems := validation.ValidateCustomResource(none, object.Object, of.validator)
	problems = append(problems, listtype.ValidateListSetsAndMaps(none, of.structural, object.Object)...)
	if len(problems) == 0 && of.rules != nil {
		found, _ := of.rules.Validate(
			context.Background(), none, of.structural, object.Object, nil, celconfig.RuntimeCELCostBudget)
		problems = append(problems, found...)
	}
	return object.Object, problems.ToAggregate()
}

// judgeStorage says whether the API server takes an object, and what it stores.
func judgeStorage(raw json.RawMessage) answer {
	var text json.RawMessage
	verdict := pass(stage{"store", func() error {
		object, err := store(raw)
		if err != nil {
			return err
		}
		text, err = json.Marshal(object)
		return err
	}})
	verdict.Object = text
	return verdict
}
