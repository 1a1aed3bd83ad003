package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Function is a Lambda as the template has it, with what all of them share filled in.
type Function struct {
	Name        string // "CreateOrder"
	Folder      string // below functions: "payments/create-order"
	BuildMethod string
	Handler     string
	Runtime     string
	Role        string // the name of its role
	Logs        string // the name of its log group
	Timeout     int    // seconds
	Alias       string // that new versions take over; "" is none
	Canary      Value  // its DeploymentPreference
	URL         bool   // it has a function URL
	Environment map[string]Value
	Events      map[string]Value
}

// Functions lists every function, by name.
func (t *Template) Functions() []Function {
	var list []Function
	for _, r := range t.Of("AWS::Serverless::Function") {
		own := func(path ...string) Value {
			if v := r.Properties.At(path...); !v.IsZero() {
				return v
			}
			return t.Globals.At(path...)
		}
		environment := t.Globals.At("Environment", "Variables").Map()
		maps.Copy(environment, r.Properties.At("Environment", "Variables").Map())
		list = append(list, Function{
			Name: r.Name, Folder: strings.TrimPrefix(own("CodeUri").Text(), "functions/"), BuildMethod: r.Attributes.At("Metadata", "BuildMethod").Text(),
			Handler: own("Handler").Text(), Runtime: own("Runtime").Text(), Role: own("Role").Target(), Logs: own("LoggingConfig", "LogGroup").Target(),
			Timeout: own("Timeout").Number(), Alias: own("AutoPublishAlias").Text(), Canary: own("DeploymentPreference"),
			URL: !own("FunctionUrlConfig").IsZero(), Environment: environment, Events: own("Events").Map(),
		})
	}
	return list
}

// NameOf is the name that the function of a folder has: "payments/create-order" is CreateOrder.
func NameOf(folder string) string {
	var name strings.Builder
	for _, word := range strings.Split(folder[strings.LastIndexByte(folder, '/')+1:], "-") {
		if word != "" {
			name.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return name.String()
}

// Route is a method and path of the API with the function behind it.
type Route struct {
	Line     string // "POST /api/v1/order"
	Function string
	Alias    string // of the function; "" is its newest state
	Payload  string // version of the event's format
	Role     string // by which API Gateway calls
}

var callee = regexp.MustCompile(`/functions/\$\{(\w+)\.Arn\}(?::(\w+))?/invocations$`)

// Routes lists what the API serves, by line.
func (t *Template) Routes() ([]Route, error) {
	var list []Route
	for _, api := range t.Of("AWS::Serverless::HttpApi") {
		for path, methods := range api.Properties.At("DefinitionBody", "paths").Map() {
			for method, operation := range methods.Map() {
				call := operation.At("x-amazon-apigateway-integration")
				found := callee.FindStringSubmatch(call.At("uri", "Fn::Sub").Text())
				if found == nil {
					return nil, fmt.Errorf("template: %s %s leads to no function", method, path)
				}
				list = append(list, Route{
					Line: strings.ToUpper(method) + " " + path, Function: found[1], Alias: found[2],
					Payload: call.At("payloadFormatVersion").Text(), Role: call.At("credentials").Target(),
				})
			}
		}
	}
	slices.SortFunc(list, func(a, b Route) int { return strings.Compare(a.Line, b.Line) })
	return list, nil
}
