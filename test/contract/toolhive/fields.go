package main

import (
	"reflect"
	"sort"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/stacklok/toolhive/pkg/vmcp/config"
)

var yamlReader = reflect.TypeFor[yaml.Unmarshaler]()

// walkFields lists the places below a type as yaml.v3 fills it, each with its Go type. A type inside itself is not walked.
func walkFields(path string, of reflect.Type, within []reflect.Type, found *[]string) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	leaf := func(name string) { *found = append(*found, path+" "+name) }
	switch {
	case of == reflect.TypeFor[config.Duration]():
		leaf("duration")
	case of == reflect.TypeFor[time.Duration]():
		leaf("bareDuration")
	case reflect.PointerTo(of).Implements(yamlReader):
		leaf(map[bool]string{true: "jsonMap", false: "json"}[of.Field(0).Type.Kind() == reflect.Map])
	case of.Kind() == reflect.Struct:
		for _, outer := range within {
			if outer == of {
				leaf("itself")
				return
			}
		}
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if name == "" {
				name = strings.ToLower(field.Name)
			}
			walkFields(path+"."+name, field.Type, append(within[:len(within):len(within)], of), found)
		}
	case of.Kind() == reflect.Slice:
		walkFields(path+"[]", of.Elem(), within, found)
	case of.Kind() == reflect.Map:
		walkFields(path+"{}", of.Elem(), within, found)
	case of.Kind() == reflect.Int:
		leaf("int64")
	default:
		leaf(of.Kind().String())
	}
}

// listFields answers with all fields of config.yaml.
func listFields() answer {
	var found []string
	walkFields("", reflect.TypeFor[config.Config](), nil, &found)
	sort.Strings(found)
	return answer{OK: true, Fields: found}
}
