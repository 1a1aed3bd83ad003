package world

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
)

// modes in the order in which a world goes through them.
var modes = []ids.Mode{ids.Test, ids.Live}

// bank is the bank of one mode: two banks with the same numbers of payments and, for one contract, the same terminal, so
// that whatever confuses the modes is seen.
type bank struct {
	sim  *tbank.Bank
	door http.RoundTripper
	host string
	base string
}

// contract is an account as both sides know it.
type contract struct {
	id       ids.ID
	mode     ids.Mode
	terminal string
	password string
	fiscal   bool
	partner  ids.ID // who alone may use it; zero: everybody
	own      bool   // it is that partner's: the money never passes our books
	methods  []identity.MethodTerms
	returns  bool // the bank gives its fee back with a refund
}

// shop is a partner in one mode.
type shop struct {
	partner ids.ID
	mode    ids.Mode
	token   string
	name    string
}

// setting is who lives in the world.
type setting struct {
	shops     []shop
	contracts []contract
	operators []string // tokens of two persons
}

// The two partners.
var partners = []ids.ID{ids.FromParts("world", "partner one"), ids.FromParts("world", "partner two")}

// contracts of both modes. Everyone may use the first, whose bank makes receipts. Those of the others do not, so that a till of
// ours has to: the second belongs to the second partner, the third is the platform's and granted to the first.
func contractsOf(m ids.Mode) []contract {
	return []contract{
		{id: ids.FromParts("world", string(m), "shared"), mode: m, terminal: "WorldDEMO", password: "password of all " + string(m), fiscal: true,
			methods: []identity.MethodTerms{
				{Code: banks.SBP, On: true, FeeBP: 70, MinMinor: 1000, MaxMinor: 100_000_000},
				{Code: banks.Card, On: true, FeeBP: 190},
				{Code: banks.CardForeign, On: true, FeeBP: 390},
			}},
		{id: ids.FromParts("world", string(m), "own"), mode: m, terminal: "Own" + string(m), password: "password of one " + string(m),
			partner: partners[1], own: true,
			methods: []identity.MethodTerms{
				{Code: banks.SBP, On: true, FeeBP: 75, MinMinor: 1000, MaxMinor: 100_000_000},
				{Code: banks.Card, On: true, FeeBP: 185},
			}},
		{id: ids.FromParts("world", string(m), "bare"), mode: m, terminal: "Bare" + string(m), password: "password of bare " + string(m),
			partner: partners[0], returns: true,
			methods: []identity.MethodTerms{
				{Code: banks.SBP, On: true, FeeBP: 35, FeeFixed: 7, MinMinor: 1000, MaxMinor: 100_000_000},
				{Code: banks.Card, On: true, FeeBP: 333},
				{Code: banks.CardForeign, On: true, FeeBP: 150, FeeFixed: 1},
			}},
	}
}

// settleDown makes banks, contracts, partners and tokens, in fair weather.
func (w *World) settleDown(ctx context.Context) error {
	for _, m := range modes {
		if err := w.foundBank(m); err != nil {
			return err
		}
		if err := w.foundTill(m); err != nil {
			return err
		}
	}
	p := w.boot()
	w.houses[0] = p
	if err := w.hireOperators(ctx, p); err != nil {
		return err
	}
	for n, id := range partners {
		if err := w.foundShop(ctx, p, n, id); err != nil {
			return err
		}
	}
	for _, m := range modes {
		for _, c := range contractsOf(m) {
			w.setting.contracts = append(w.setting.contracts, c)
			if _, err := p.identity.CreateAccount(ctx, w.accountOf(c), c.password, identitystore.Once{}); err != nil {
				return err
			}
		}
		if _, err := p.identity.CreateAccount(ctx, w.tillOf(m), tillPassword, identitystore.Once{}); err != nil {
			return err
		}
	}
	return w.foundEndpoints(ctx, p)
}

// hireOperators makes two, who watch each other.
func (w *World) hireOperators(ctx context.Context, p *process) error {
	first, err := p.identity.Bootstrap(ctx)
	if err != nil {
		return err
	}
	second := identity.Operator{ID: ids.FromParts("world", "second operator"), Name: "second operator", CreatedAt: w.clock.Now()}
	if _, err := p.identity.CreateOperator(ctx, second, identitystore.Once{}); err != nil {
		return err
	}
	_, token, err := p.identity.IssueToken(ctx, identitystore.Issue{
		Kind: identity.OperatorToken, Holder: second.ID, Name: "world", Scopes: []string{"*"},
	}, ids.ID{}, identitystore.Once{})
	w.setting.operators = []string{first, token}
	return err
}

// cautious is the partner whose refunds above refundLimit need a second person.
func (w *World) cautious() ids.ID { return w.setting.shops[len(w.setting.shops)-1].partner }

func (w *World) foundBank(m ids.Mode) error {
	b := &bank{host: "bank-" + string(m) + ".test"}
	b.base = "https://" + b.host + "/acquiring"
	var terminals []tbank.Terminal
	for _, c := range contractsOf(m) {
		terminals = append(terminals, tbank.Terminal{Key: c.terminal, Password: c.password, NotificationURL: noticeURL, Fiscal: c.fiscal})
	}
	var seed [32]byte
	copy(seed[:], fmt.Sprintf("%d %s", w.Seed, m))
	var err error
	b.sim, err = tbank.New(tbank.Config{
		Terminals: terminals, Clock: w.clock, Random: rand.NewChaCha8(seed), BaseURL: b.base, Deliver: &letterbox{post: &w.post, mode: m, clock: w.clock, path: noticePath},
		NoMagicAmounts: true, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	b.door = b.sim.Transport()
	w.banks[m] = b
	return nil
}

func (w *World) foundShop(ctx context.Context, p *process, n int, id ids.ID) error {
	names := []string{"Школа", "Лавка"}
	_, err := p.identity.CreatePartner(ctx, identity.Partner{
		ID: id, Name: names[n], LegalName: "ООО «" + names[n] + "»", INN: supplierINN, Taxation: "usn_income", Country: "RU",
		TimeZone: "Europe/Moscow", SupportContact: "help@shop.example", FeeBP: 250, FeeFixed: 100 * int64(1-n), Live: true, CreatedAt: w.clock.Now(),
		Phone: "+74951234567", RefundLimit: refundLimit * int64(n), RefundOurFee: n == 0,
	}, identitystore.Once{})
	if err != nil {
		return err
	}
	for _, m := range modes {
		_, token, err := p.identity.IssueToken(ctx, identitystore.Issue{
			Kind: identity.PartnerToken(m), Holder: id, Name: "world", Scopes: []string{"*"},
		}, ids.ID{}, identitystore.Once{})
		if err != nil {
			return err
		}
		w.setting.shops = append(w.setting.shops, shop{id, m, token, names[n]})
	}
	return nil
}

func (w *World) accountOf(c contract) identity.Account {
	a := identity.Account{
		ID: c.id, Provider: "tbank", Mode: c.mode, Terminal: c.terminal, Address: w.banks[c.mode].base, Country: "RU",
		Currencies: []money.Currency{money.RUB}, On: true, Fiscal: c.fiscal, Taxation: "usn_income", ReturnsFee: c.returns,
		Methods: c.methods, CreatedAt: w.clock.Now().Truncate(time.Millisecond),
	}
	if c.fiscal {
		a.ReceiptWithin = bankPrints[c.mode]
	}
	switch {
	case c.own:
		a.Owner, a.SettlesTo = c.partner, c.partner
	case c.partner.IsZero():
		a.Everyone = true
	default:
		a.Grants = []ids.ID{c.partner}
	}
	return a
}

// contractOf finds a contract by its account.
func (w *World) contractOf(account ids.ID) (contract, bool) {
	for _, c := range w.setting.contracts {
		if c.id == account {
			return c, true
		}
	}
	return contract{}, false
}

// request makes a request to the platform.
func request(method, path, body string) *http.Request {
	req := &http.Request{
		Method: method, URL: &url.URL{Scheme: "https", Host: "pay.giberno.test"}, Header: http.Header{}, Host: "pay.giberno.test",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: "192.0.2.1:1234",
	}
	req.URL.Path = path
	req.RequestURI = path
	if at, query, has := cutQuery(path); has {
		req.URL.Path, req.URL.RawQuery = at, query
	}
	req.Body, req.ContentLength = bodyOf(body)
	return req.WithContext(context.Background())
}
