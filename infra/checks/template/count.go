package template

// A stack may have 500 resources; we stop before. SAM makes more of a template than stands in it, so what comes out is
// reckoned by these rules, read in SAM's translator and compared with it by infra/sam/validate.sh:
//
//   - a function is 1; a role of its own, where none is named, 1 more;
//   - AutoPublishAlias: a version and an alias, 2;
//   - DeploymentPreference: 1 for the function, and once an application; the first without a role of its own makes a role;
//   - FunctionUrlConfig for everybody: the address and two permissions, 3;
//   - EventInvokeConfig: 1 (of the alias or the function);
//   - events: of a stream or a queue 1; a schedule 1, and a role where none is named; of an API a permission, 1;
//   - an HTTP API is an API and a stage, 2; anything else is 1.
const (
	MaxResources = 450
)

// Count reckons how many resources the transformation makes.
func (t *Template) Count() int {
	total, canaries := 0, 0
	for _, r := range t.All() {
		switch r.Type {
		case "AWS::Serverless::HttpApi":
			total += 2
		case "AWS::Serverless::Function":
			total += countFunction(r.Properties)
			if !r.Properties.At("DeploymentPreference").IsZero() {
				canaries++
			}
		default:
			total++
		}
	}
	if canaries > 0 {
		total += canaries + 2
	}
	return total
}

func countFunction(p Value) int {
	n := 1
	for property, more := range map[string]int{"AutoPublishAlias": 2, "FunctionUrlConfig": 3, "EventInvokeConfig": 1} {
		if !p.At(property).IsZero() {
			n += more
		}
	}
	if p.At("Role").IsZero() {
		n++
	}
	for _, e := range p.At("Events").Map() {
		n++
		if e.At("Type").Text() == "ScheduleV2" && e.At("Properties", "RoleArn").IsZero() {
			n++
		}
	}
	return n
}

// Coming is what a domain that is not there yet will add: its functions by kind, as the contracts of the platform name them.
type Coming struct {
	Domain   string
	JSON     int // calls behind the API
	Road     int // of these, how many move money and take turns by a canary
	Webhooks int // of banks, with a function URL and a canary
	Pages    int // groups of pages
	Workers  int // of a queue or a schedule
	Roles    int
	Alarms   int
}

// Resources reckons what it adds, with one log group.
func (c Coming) Resources() int {
	const version, alias, group = 1, 1, 1
	const canary = version + alias + group
	const address = 3
	return c.JSON + c.Road*canary + c.Webhooks*(1+canary+address) + c.Pages + c.Workers*2 + c.Roles + c.Alarms + 1
}
