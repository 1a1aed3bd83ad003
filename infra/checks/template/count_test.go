package template_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/template"
)

// coming is what the domains will add, counted generously in their contracts: the calls that are not there yet, the webhooks
// of the other banks, the groups of pages and the workers. Take a number down when its functions have come.
var coming = []template.Coming{
	{Domain: "payments: send, qr, endpoints, events; four banks", JSON: 11, Webhooks: 4, Pages: 2, Workers: 1, Roles: 1, Alarms: 4},
	{Domain: "operators: breaks, dead letters, stuck payments, shops", JSON: 10, Pages: 1, Roles: 1, Alarms: 1},
	{Domain: "shop", JSON: 15, Road: 5, Workers: 1, Roles: 3, Alarms: 3},
	{Domain: "consultations", JSON: 25, Road: 3, Pages: 2, Workers: 1, Roles: 3, Alarms: 3},
	{Domain: "treasury", JSON: 60, Pages: 1, Workers: 2, Roles: 4, Alarms: 4},
}

func TestStackStaysBelowItsLimit(t *testing.T) {
	t.Parallel()
	total := read(t).Count()
	require.Less(t, total, template.MaxResources)
	for _, c := range coming {
		total += c.Resources()
	}
	t.Logf("the stack makes %d resources, and %d when every domain is there", read(t).Count(), total)
	require.Less(t, total, template.MaxResources, "split the stack, or make the API and its functions share more")
}

// One function with everything that SAM multiplies.
const laden = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Api: { Type: AWS::Serverless::HttpApi }
  Table: { Type: AWS::DynamoDB::Table }
  One:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      DeploymentPreference: { Type: AllAtOnce }
      FunctionUrlConfig: { AuthType: NONE }
      EventInvokeConfig: { MaximumRetryAttempts: 0 }
      Events:
        Call: { Type: HttpApi }
        Poll: { Type: SQS }
        Tick: { Type: ScheduleV2 }
`

func TestCount(t *testing.T) {
	t.Parallel()
	tmpl, err := template.Parse([]byte(laden))
	require.NoError(t, err)
	const api, table, function, role, alias, canary, address, config, events = 2, 1, 1, 1, 2, 3, 3, 1, 4
	require.Equal(t, api+table+function+role+alias+canary+address+config+events, tmpl.Count())
	require.Equal(t, 1+1+3+1+3+3+1+2+1+1+1, template.Coming{JSON: 2, Road: 1, Webhooks: 1, Workers: 1, Roles: 1, Alarms: 1, Pages: 1}.Resources())
}
