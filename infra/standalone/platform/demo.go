package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	atolsim "giberno.ru/infra/simulators/atol"
	tbanksim "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments"
)

// Demo is what a script needs to play a payment, as demo.json (mode 0600) holds it.
type Demo struct {
	BaseURL       string        `json:"base_url"`
	PartnerID     ids.ID        `json:"partner_id"`
	TestToken     string        `json:"test_token"`
	OperatorToken string        `json:"operator_token"`
	Link          string        `json:"link"`
	OrderID       ids.ID        `json:"order_id"`
	Accounts      []DemoAccount `json:"accounts"`
	Till          DemoAccount   `json:"till"`
}

// DemoAccount is a simulated contract with a bank.
type DemoAccount struct {
	ID       ids.ID `json:"id"`
	Provider string `json:"provider"`
	Address  string `json:"address"`
	Terminal string `json:"terminal"`
	Password string `json:"password"`
}

const demoTerminal = "GibernoDEMO"

// demoFile is where the demo's secrets are kept.
func (p *Platform) demoFile() string { return filepath.Join(p.Dir, "demo.json") }

// ReadDemo reads what a running platform left in its folder.
func ReadDemo(dir string) (d Demo, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	return d, err
}

// openDemo brings the demo partner, its tokens, the simulated bank and a payable order up to date with this start's
// address. What exists is kept; a lost demo.json gets new tokens.
func (p *Platform) openDemo(ctx context.Context) error {
	d, err := ReadDemo(p.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("platform: %s: %w", p.demoFile(), err)
	}
	d.BaseURL = p.BaseURL
	if d.OperatorToken, err = p.demoOperator(ctx, d.OperatorToken); err != nil {
		return err
	}
	if err := p.demoPartner(ctx, &d); err != nil {
		return err
	}
	if err := p.demoBank(ctx, &d); err != nil {
		return err
	}
	if err := p.demoTill(ctx, &d); err != nil {
		return err
	}
	if err := p.demoOrder(ctx, &d); err != nil {
		return err
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	p.Demo = d
	return writeFile(p.demoFile(), text)
}

// stillGood reports a token that the store knows.
func (p *Platform) stillGood(ctx context.Context, token string) bool {
	if token == "" {
		return false
	}
	_, err := p.Identity.Authenticate(ctx, token)
	return err == nil
}

func (p *Platform) demoOperator(ctx context.Context, token string) (string, error) {
	if p.stillGood(ctx, token) {
		return token, nil
	}
	token, err := p.Identity.Bootstrap(ctx)
	if errors.Is(err, identitystore.ErrHasOperator) {
		_, token, err = p.Identity.IssueToken(ctx, identitystore.Issue{
			Kind: identity.OperatorToken, Holder: identitystore.FirstOperator(), Name: "demo", Scopes: []string{"*"},
		}, ids.ID{}, identitystore.Once{})
	}
	return token, err
}

func (p *Platform) demoPartner(ctx context.Context, d *Demo) error {
	d.PartnerID = ids.FromParts("demo partner")
	_, err := p.Identity.PartnerNow(ctx, d.PartnerID)
	if errors.Is(err, identitystore.ErrPartnerNotFound) {
		_, err = p.Identity.CreatePartner(ctx, identity.Partner{
			ID: d.PartnerID, Name: "Школа «Понимаю»", LegalName: "ООО «Понимаю»", INN: "7707083893", Taxation: "usn_income",
			PaymentAddress: "https://school.example", Phone: "+74950000000", Country: "RU", TimeZone: "Europe/Moscow",
			SupportContact: "help@school.example", FeeBP: 250, CreatedAt: p.Clock.Now().Truncate(time.Millisecond),
		}, identitystore.Once{})
	}
	if err != nil || p.stillGood(ctx, d.TestToken) {
		return err
	}
	_, d.TestToken, err = p.Identity.IssueToken(ctx, identitystore.Issue{
		Kind: identity.TestToken, Holder: d.PartnerID, Name: "demo", Scopes: []string{"*"},
	}, ids.ID{}, identitystore.Once{})
	return err
}

// demoBank opens the simulator and a contract with it: terminal, password and address are the same on both sides.
func (p *Platform) demoBank(ctx context.Context, d *Demo) error {
	a := DemoAccount{Provider: "tbank", Terminal: demoTerminal, ID: ids.FromParts("demo account", "tbank")}
	if len(d.Accounts) > 0 {
		a = d.Accounts[0]
	}
	a.Address = p.BaseURL + "/sim/tbank"
	if err := p.demoAccount(ctx, &a); err != nil {
		return err
	}
	bank, err := tbanksim.New(tbanksim.Config{
		Clock: p.Clock, Random: p.Random, BaseURL: a.Address, StatePath: filepath.Join(p.Dir, "tbank.db"), Log: p.Log,
		Advance: func(step time.Duration) {
			if err := p.advance(step); err != nil {
				p.Log.Error("the clock could not be moved", "error", err)
			}
		},
	})
	if err != nil {
		return err
	}
	p.Bank = bank
	d.Accounts = append([]DemoAccount{a}, d.Accounts[min(len(d.Accounts), 1):]...)
	return bank.SetTerminal(tbanksim.Terminal{
		Key: a.Terminal, Password: a.Password, Fiscal: true, Messages: true, NotificationURL: p.BaseURL + "/api/a2c/notifications",
	})
}

// demoTill opens the simulated fiscal service and a contract with it, and a second contract with the bank, the cheaper one
// for foreign cards, whose terminal has no till: receipts of those payments are made by ours.
func (p *Platform) demoTill(ctx context.Context, d *Demo) error {
	till := DemoAccount{Provider: identity.TillProvider, Terminal: "giberno_demo", ID: ids.FromParts("demo account", identity.TillProvider)}
	till.Address = p.BaseURL + "/sim/atol/possystem"
	err := p.demoContract(ctx, &till, identity.Account{
		ID: till.ID, Provider: till.Provider, Mode: ids.Test, Terminal: till.Terminal, Address: till.Address, Everyone: true,
		Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true, Taxation: "usn_income",
		Options: map[string]string{identity.TillVersion: "v5", identity.TillLogin: "demo", identity.TillINN: demoINN,
			identity.TillEmail: "receipts@giberno.example", identity.TillAddress: "https://giberno.example"},
	})
	if err != nil {
		return err
	}
	if p.Fiscal, err = atolsim.New(atolsim.Config{
		Clock: p.Clock, Random: p.Random, BaseURL: p.BaseURL + "/sim/atol", StatePath: filepath.Join(p.Dir, "atol.db"), Log: p.Log,
		Accounts: []atolsim.Account{{Login: "demo", Password: till.Password, Group: till.Terminal, INN: demoINN}},
		Advance: func(step time.Duration) {
			if err := p.advance(step); err != nil {
				p.Log.Error("the clock could not be moved", "error", err)
			}
		},
	}); err != nil {
		return err
	}
	d.Till = till
	world := DemoAccount{Provider: "tbank", Terminal: "GibernoWorldDEMO", ID: ids.FromParts("demo account", "tbank", "world"), Address: p.BaseURL + "/sim/tbank"}
	err = p.demoContract(ctx, &world, identity.Account{
		ID: world.ID, Provider: world.Provider, Mode: ids.Test, Terminal: world.Terminal, Address: world.Address, Everyone: true,
		Country: "RU", Currencies: []money.Currency{money.RUB}, On: true,
		Methods: []identity.MethodTerms{{Code: banks.CardForeign, On: true, FeeBP: 350}},
	})
	if err != nil {
		return err
	}
	d.Accounts = append(d.Accounts[:1:1], world)
	return p.Bank.SetTerminal(tbanksim.Terminal{
		Key: world.Terminal, Password: world.Password, Messages: true, NotificationURL: p.BaseURL + "/api/a2c/notifications",
	})
}

// demoINN is the tax number of the platform itself in the demonstration.
const demoINN = "7707083893"

// demoAccount makes our side of the contract. Where it exists, its password is the one that counts: an operator may have
// rotated it, and a lost demo.json must not rotate it again.
func (p *Platform) demoAccount(ctx context.Context, a *DemoAccount) error {
	return p.demoContract(ctx, a, identity.Account{
		ID: a.ID, Provider: a.Provider, Mode: ids.Test, Terminal: a.Terminal, Address: a.Address, Everyone: true,
		Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true, Taxation: "usn_income",
		Methods: []identity.MethodTerms{
			{Code: banks.SBP, On: true, FeeBP: 70, MinMinor: 1000, MaxMinor: 100_000_000},
			{Code: banks.Card, On: true, FeeBP: 190},
			{Code: banks.CardForeign, On: true, FeeBP: 390},
		},
	})
}

// demoContract makes our side of a contract, or learns the password of the one that is kept.
func (p *Platform) demoContract(ctx context.Context, a *DemoAccount, fresh identity.Account) error {
	kept, err := p.Identity.AccountNow(ctx, a.ID)
	switch {
	case errors.Is(err, identitystore.ErrAccountNotFound):
		if a.Password, err = drawPassword(p.Random); err != nil {
			return err
		}
		fresh.CreatedAt = p.Clock.Now().Truncate(time.Millisecond)
		_, err = p.Identity.CreateAccount(ctx, fresh, a.Password, identitystore.Once{})
		return err
	case err != nil:
		return err
	}
	clear, err := p.Identity.Unsealed(ctx, kept)
	if err != nil {
		return err
	}
	a.Password = clear.Password
	if kept.Address == a.Address {
		return nil
	}
	kept.Address = a.Address
	_, err = p.Identity.ChangeAccount(ctx, kept)
	return err
}

// demoOrder keeps an order ready to be paid.
func (p *Platform) demoOrder(ctx context.Context, d *Demo) error {
	if !d.OrderID.IsZero() {
		w, err := p.Payments.Store.Load(ctx, ids.Test, d.OrderID)
		if err == nil && !w.Closed() && w.Order.ExpiresAt.Sub(p.Clock.Now()) > time.Hour {
			d.Link = p.BaseURL + "/p/" + w.Order.Link()
			return nil
		}
	}
	o, err := p.NewDemoOrder(ctx, d.PartnerID)
	if err != nil {
		return err
	}
	d.OrderID, d.Link = o.ID, p.BaseURL+"/p/"+o.Link()
	return nil
}

// NewDemoOrder makes one more order of the demo partner.
func (p *Platform) NewDemoOrder(ctx context.Context, partner ids.ID) (payments.Order, error) {
	o, _, err := p.Payments.Teller.CreateOrder(ctx, ids.Test, partner, payments.Draft{
		Project: "Школа «Понимаю»", Email: "buyer@example.com", Description: "Две консультации",
		Items: []payments.Item{
			{Name: "Консультация психолога", Price: money.Of(150_000, money.RUB), Quantity: 1000, Subject: "service"},
			{Name: "Рабочая тетрадь", Price: money.Of(49_900, money.RUB), Quantity: 2000, Subject: "commodity"},
		},
		ExpiresAt: p.Clock.Now().Add(30 * 24 * time.Hour),
	}, "", "")
	return o, err
}

// drawPassword makes a terminal's password of 20 letters and digits, as the bank's are.
func drawPassword(random io.Reader) (string, error) {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	raw := make([]byte, 20)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", err
	}
	for i := range raw {
		raw[i] = letters[int(raw[i])%len(letters)]
	}
	return string(raw), nil
}
