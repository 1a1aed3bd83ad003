package checks

import "slices"

// Floor is a storey of the house. A package stands on the first floor that has a pattern for it.
type Floor struct {
	Level    int
	Name     string
	Packages []string
	Is       string // what lives here
}

// Floors lists the house from the ground up (DESIGN §1).
var Floors = []Floor{
	{0, "glossary", []string{"shared"}, "the words that we use, each with its meaning"},
	{0, "core", []string{"shared/core/..."}, "vocabulary: money, ids, clock, fault, page; standard library only, pure"},
	{1, "platform", []string{"shared/platform/..."}, "the only code that knows AWS, bbolt and huma: table, queue, file, host, web, cache, secret, outbound, log"},
	{2, "identity", []string{"shared/identity/..."}, "partners, operators, tokens, accounts"},
	{2, "ledger", []string{"shared/ledger/..."}, "accounts and postings"},
	{2, "receipts", []string{"shared/receipts/..."}, "fiscal receipts"},
	{2, "notify", []string{"shared/notify/..."}, "events to partners"},
	{2, "banks", []string{"shared/banks/..."}, "the port to banks, one folder per bank"},
	{3, "domains", []string{"shared/payments", "shared/shop", "shared/consult", "shared/treasury"}, "pure rules and state machines"},
	{4, "rooms", []string{"shared/payments/...", "shared/shop/...", "shared/consult/...", "shared/treasury/..."}, "around each domain: store, teller, api, jobs, pages, wire"},
	{5, "functions", []string{"functions/..."}, "one main of five lines per Lambda"},
	{6, "infra", []string{"infra/..."}, "standalone, simulators, checks, bench, docs"},
}

// FloorOf finds the floor of one of our packages.
func FloorOf(path string) (Floor, bool) {
	for _, f := range Floors {
		if anyMatches(f.Packages, path) {
			return f, true
		}
	}
	return Floor{}, false
}

// Neighbour lets a package import another one of its own floor.
type Neighbour struct{ From, To, Why string }

// Neighbours are all such permissions. Within one folder below shared everybody is at home.
var Neighbours = []Neighbour{
	{"shared/core/...", "shared/core/...", "words are explained by words"},
	{"shared/platform/...", "shared/platform/...", "the platform is one household"},
	{"shared/identity/...", "shared/banks", "an account is a contract with a bank, in the port's words"},
	{"shared/identity/...", "shared/receipts", "a partner and an account have a taxation"},
	{"shared/banks/...", "shared/receipts", "a bank's own till makes receipts"},
}

// Rule forbids some imports and says why.
type Rule struct {
	Name      string
	Who       []string // the packages that it binds
	Except    []string // of these
	Never     []string // what they must not import
	Unless    []string // of these
	Deep      bool     // not even through other packages
	Tests     bool     // their tests neither
	OnlyTests bool     // their tests alone
	Why       string
	Do        string
}

// DomainNames are the four domains below shared. They never meet except through a port, joined in wire.
var DomainNames = []string{"payments", "shop", "consult", "treasury"}

// Rules are all rules of imports beside the order of the floors.
var Rules = slices.Concat(coreRules, platformRules, domainRules, worldRules)

var coreRules = []Rule{
	{
		Name: "core stands alone", Who: []string{"shared/core/..."},
		Never: []string{"@outside", "shared/...", "functions/...", "infra/..."}, Unless: []string{"shared/core/..."},
		Why: "the vocabulary is imported by everybody, so whatever it imports is imported by everybody",
		Do:  "write it with the standard library, or move it up to shared/platform",
	},
	{
		Name: "core is pure", Who: []string{"shared/core/..."},
		Never: []string{"net/...", "os/...", "io/fs", "log/...", "syscall", "crypto/rand", "math/rand/...", "html/template", "text/template", "runtime/...", "testing/..."},
		Why:   "a word that reads the world cannot be tested in a microsecond, nor run twice with one result",
		Do:    "take what it needs as an argument: a clock, an io.Reader, bytes",
	},
	{
		Name: "tests of core need two tools", Who: []string{"shared/core/..."}, OnlyTests: true,
		Never: []string{"@outside", "shared/...", "infra/..."}, Unless: []string{"shared/core/...", "github.com/stretchr/testify/...", "pgregory.net/rapid"},
		Why: "what the vocabulary's tests need, everybody has to understand first",
		Do:  "test it with require and rapid",
	},
}

var platformRules = []Rule{
	{
		Name: "only the platform knows AWS and bbolt", Who: []string{"shared/...", "functions/..."}, Except: []string{"shared/platform/..."},
		Never: []string{"github.com/aws/...", "github.com/awslabs/...", "go.etcd.io/bbolt/..."},
		Why:   "one code base runs on one machine and on AWS because nobody above can tell which it is",
		Do:    "ask shared/platform/table or queue for what is missing",
	},
	{
		Name: "the file has few hands", Who: []string{"shared/platform/..."}, Except: []string{"shared/platform/file", "shared/platform/*/boltengine"},
		Never: []string{"go.etcd.io/bbolt/..."},
		Why:   "one writer takes all waiting transactions into one commit, and whoever goes past it pays an fsync of his own",
		Do:    "go through shared/platform/file",
	},
	{
		Name: "only web knows huma", Who: []string{"shared/...", "functions/...", "infra/..."}, Except: []string{"shared/platform/web/..."}, Tests: true,
		Never: []string{"github.com/danielgtaylor/huma/..."},
		Why:   "errors, limits and documents are the same everywhere because one package makes them",
		Do:    "describe the operation with web.Handle or web.Raw",
	},
	{
		Name: "production does not test", Who: []string{"shared/...", "functions/..."}, Except: []string{"shared/platform/*/*test", "shared/banks/banktest"},
		Never: []string{"testing/...", "github.com/stretchr/testify/...", "pgregory.net/rapid"},
		Why:   "a conformance suite lives in a package of its own; anything else of testing in a binary is a mistake",
		Do:    "move it into a _test.go file, or into the suite",
	},
	{
		Name: "faults stay in tests", Who: []string{"shared/...", "functions/..."},
		Except: []string{"shared/platform/*/*test", "shared/platform/*/faulty", "shared/banks/banktest"},
		Never:  []string{"shared/platform/*/faulty", "shared/platform/*/*test", "shared/banks/banktest"},
		Why:    "a decorator that loses answers on purpose must not be reachable from a running system",
		Do:     "wrap the port in the test or in infra",
	},
	{
		Name: "chance is handed in", Who: []string{"shared/...", "functions/..."}, Except: []string{"shared/platform/..."},
		Never: []string{"crypto/rand", "math/rand/..."},
		Why:   "a run with a seed can be repeated only if all chance comes through one door, and no secret may come from a weak source",
		Do:    "take an io.Reader",
	},
}

var domainRules = []Rule{
	{
		Name: "the middle is pure", Who: []string{"shared/payments", "shared/shop", "shared/consult", "shared/treasury", "shared/identity", "shared/ledger", "shared/receipts", "shared/notify"},
		Never:  []string{"@outside", "shared/platform/...", "net/...", "os/...", "io/fs", "log/...", "context", "crypto/rand", "math/rand/...", "syscall", "html/template", "text/template"},
		Unless: []string{"net/url", "net/mail", "net/netip"},
		Why:    "rules of money are tested in microseconds and read aloud as a contract: no AWS, no HTTP, no clock of their own",
		Do:     "let the rule return what should happen, and carry it out in a room around the domain",
	},
	{
		Name: "JSON doors do not know pages", Who: []string{"shared/*/api/..."}, Never: []string{"shared/*/pages/..."},
		Why: "a page's templates would travel in every function that answers JSON",
		Do:  "move what both need into the domain or its teller",
	},
	{
		Name: "pages are joined by wire", Who: []string{"shared/...", "functions/..."}, Except: []string{"shared/*/wire/...", "shared/*/pages/..."}, Never: []string{"shared/*/pages/..."},
		Why: "whoever else imports a page links its templates",
		Do:  "hand it out through wire",
	},
	{
		Name: "no templates behind JSON", Who: []string{"shared/*/api/...", "shared/*/jobs/...", "shared/*/store/...", "shared/*/teller/..."},
		Never: []string{"html/template", "text/template"}, Deep: true,
		Why: "template packages keep the linker from dropping methods: every function that reaches them starts slower",
		Do:  "move the page to the domain's pages",
	},
	{
		Name: "only the store knows rows", Who: []string{"shared/*/api/...", "shared/*/pages/...", "shared/*/teller/..."}, Except: []string{"shared/platform/..."},
		Never: []string{"shared/platform/table/..."},
		Why:   "keys and conditions that are written in two places drift apart",
		Do:    "add a method to the domain's store that says what is meant",
	},
	{
		Name: "no doors below the door", Who: []string{"shared/*/store/...", "shared/*/teller/...", "shared/*/jobs/..."}, Except: []string{"shared/platform/..."},
		Never: []string{"shared/platform/web", "shared/platform/host"},
		Why:   "a worker that links the web layer carries validation and documents that it never uses",
		Do:    "take plain values; only shared/platform/web/caller may be known here",
	},
	{
		Name: "a main is a sentence", Who: []string{"functions/..."}, Never: []string{"shared/...", "@outside"}, Unless: []string{"shared/*/wire/...", "shared/platform/host/..."},
		Why: "sixty mains are read as one only if all of them only serve what wire hands out",
		Do:  "move the logic into the domain and hand it out through wire",
	},
}

var worldRules = []Rule{
	{
		Name: "nothing needs infra", Who: []string{"shared/...", "functions/..."}, Never: []string{"infra/..."}, Tests: true,
		Why: "what runs at a partner's must not depend on our tools, nor a connector on the simulator that it is tested with",
		Do:  "move the test to infra, or the code to shared",
	},
	{
		Name: "simulators are strangers", Who: []string{"infra/simulators/..."}, Tests: true,
		Never: []string{"shared/..."}, Unless: []string{"shared/core/...", "shared/platform/..."},
		Why: "a simulator that shares code with the connector shares its mistakes, and then both are wrong together",
		Do:  "write it anew from the bank's own document",
	},
}

// Apart are the rules that keep the domains from each other.
func Apart() []Rule {
	var rules []Rule
	for _, name := range DomainNames {
		r := Rule{
			Name: name + " keeps to itself", Who: []string{"shared/" + name + "/..."}, Tests: true,
			Why: "domains that read each other's rows cannot be changed one at a time",
			Do:  "declare a port where it is needed and join it in wire, or send a job",
		}
		for _, other := range DomainNames {
			if other != name {
				r.Never = append(r.Never, "shared/"+other+"/...")
			}
		}
		rules = append(rules, r)
	}
	return rules
}
