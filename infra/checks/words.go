package checks

import (
	"go/ast"
	"go/token"
	"strings"
	"unicode"
)

// Synonym is a word that we do not use, the one that we do, and where the other one is right all the same.
type Synonym struct {
	Not    string
	But    string
	Except []string // packages whose own language has the word
	Why    string
}

// strangers speak their own language: a connector quotes its bank, a simulator is one.
var strangers = []string{"shared/banks/*/...", "infra/simulators/..."}

// coins may be named where roubles are meant and nothing else.
var coins = append([]string{"infra/standalone/...", "infra/checks/..."}, strangers...)

// Synonyms are the words refused in names (shared/doc.go has the ones that we use).
var Synonyms = []Synonym{
	{"merchant", "partner", strangers, "banks say merchant of the partner, of the terminal and of us"},
	{"seller", "partner", strangers, "who sells is our partner, wherever he sells"},
	{"vendor", "partner", strangers, "who sells is our partner, wherever he sells"},
	{"payee", "partner", strangers, "who is paid through us is our partner"},
	{"invoice", "order", strangers, "an invoice is a paper; what the payer owes is an order"},
	{"transaction", "payment or posting", append([]string{"shared/platform/file/...", "shared/platform/table/...", "shared/platform/queue/...", "infra/bench/..."}, strangers...), "a transaction is a write of several rows, and nothing else"},
	{"webhook", "notice", []string{"shared/notify/...", "shared/platform/queue/...", "shared/*/wire/...", "infra/..."}, "a bank sends notices; a webhook is a partner's address that hears our events, and the name of a queue"},
	{"callback", "notice", strangers, "what a bank tells us is evidence, whatever it calls it"},
	{"ipn", "notice", strangers, "what a bank tells us is evidence, whatever it calls it"},
	{"acquirer", "provider or bank", strangers, "not every provider acquires"},
	{"gateway", "provider or bank", append([]string{"shared/platform/host/..."}, strangers...), "a gateway is what AWS puts before a function"},
	{"psp", "provider", strangers, "a word, not three letters"},
	{"cheque", "receipt", strangers, "a cheque is an order to a bank"},
	{"installment", "instalment", strangers, "one spelling"},
	{"installments", "instalments", strangers, "one spelling"},
	{"authorised", "held", strangers, "what a bank calls authorised is a hold, or nothing yet"},
	{"authorized", "held", strangers, "what a bank calls authorised is a hold, or nothing yet"},
	{"kopeck", "amount in minor units", coins, "a currency's small coin has many names; minor units have one"},
	{"kopecks", "amount in minor units", coins, "a currency's small coin has many names; minor units have one"},
	{"reversal", "void or refund", strangers, "a reversal is a void at one bank and a refund at another"},
}

// Words finds synonyms in the names that our code declares.
func (t *Tree) Words() []Breach {
	var breaches []Breach
	for _, f := range t.Files {
		for _, id := range declared(f.AST) {
			for _, word := range wordsOf(id.Name) {
				for _, s := range Synonyms {
					if word == s.Not && !anyMatches(s.Except, f.Dir()) {
						breaches = append(breaches, Breach{t.at(id.Pos()), "declares " + id.Name + "; our word for «" + s.Not + "» is " + s.But,
							s.Why + "; two words for one idea make every reader ask what the difference is",
							"rename it, or say in infra/checks/words.go where the other word is right"})
					}
				}
			}
		}
	}
	return breaches
}

// declared lists the names that a file declares: packages, functions, types, values, fields and parameters.
func declared(f *ast.File) []*ast.Ident {
	names := []*ast.Ident{f.Name}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			names = append(names, n.Name)
		case *ast.TypeSpec:
			names = append(names, n.Name)
		case *ast.ValueSpec:
			names = append(names, n.Names...)
		case *ast.Field:
			names = append(names, n.Names...)
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if id, ok := left.(*ast.Ident); ok && n.Tok == token.DEFINE {
					names = append(names, id)
				}
			}
		}
		return true
	})
	return names
}

// wordsOf splits a name at its capitals, in lower case: ParseURLToken is parse, url, token.
func wordsOf(name string) []string {
	var words []string
	runes := []rune(name)
	start := 0
	for i := 1; i <= len(runes); i++ {
		turn := i == len(runes) || runes[i] == '_' || unicode.IsUpper(runes[i]) &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if turn {
			words = append(words, strings.ToLower(strings.Trim(string(runes[start:i]), "_0123456789")))
			start = i
		}
	}
	return words
}
