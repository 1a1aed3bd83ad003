package world

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"giberno.ru/infra/simulators/atol"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/receipts"
	client "giberno.ru/shared/receipts/atol"
)

// tills is the fiscal service of one mode: two services with groups of the same name, so that whatever confuses the modes
// is seen.
type tills struct {
	sim  *atol.Service
	door http.RoundTripper
	host string
	base string
}

const (
	tillPassword = "password of the till"
	tillLogin    = "world"
	tillGroup    = "group_of_tills"
	tillINN      = "7707083893" // of the platform, whose till it is
	supplierINN  = "7728168971" // of both partners, whose goods it sells
	fiscalPath   = "/api/atol/notifications"
)

// versions of the service's protocol. Each mode has another.
var versions = map[ids.Mode]string{ids.Test: "v5", ids.Live: "v4"}

func (w *World) foundTill(m ids.Mode) error {
	t := &tills{host: "till-" + string(m) + ".test"}
	t.base = "https://" + t.host + "/sim"
	var seed [32]byte
	copy(seed[:], fmt.Sprintf("%d till %s", w.Seed, m))
	var err error
	t.sim, err = atol.New(atol.Config{
		Accounts: []atol.Account{{Login: tillLogin, Password: tillPassword, Group: tillGroup, INN: tillINN, Version: versions[m]}},
		Clock:    w.clock, Random: rand.NewChaCha8(seed), BaseURL: t.base, Deliver: &letterbox{post: &w.post, mode: m, clock: w.clock, path: fiscalPath},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	t.door = t.sim.Transport()
	w.tills[m] = t
	return nil
}

// tillOf is the platform's contract with the fiscal service of a mode.
func (w *World) tillOf(m ids.Mode) identity.Account {
	return identity.Account{
		ID: ids.FromParts("world", string(m), "till"), Provider: identity.TillProvider, Mode: m, Terminal: tillGroup, ReceiptWithin: tillPrints[m],
		Address: w.tills[m].base + "/possystem", Everyone: true, Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true,
		Taxation: "usn_income", CreatedAt: w.clock.Now().Truncate(time.Millisecond), Options: map[string]string{
			identity.TillVersion: versions[m], identity.TillLogin: tillLogin, identity.TillINN: tillINN,
			identity.TillEmail: "receipts@giberno.example", identity.TillAddress: "https://giberno.example"},
	}
}

// fiscal is the client of the fiscal service. A client waits under a lock of its own while it asks for a token, which would
// stop the world; so everybody who runs in the process has one.
type fiscal struct {
	of      *process
	clock   clock.Clock
	clients map[*actor]*client.Client
}

var _ cashier.Service = (*fiscal)(nil)

func (f *fiscal) client() *client.Client {
	who := f.of.world.running
	if f.clients[who] == nil {
		f.clients[who] = client.New(bankLine{f.of}, f.clock)
	}
	return f.clients[who]
}

func (f *fiscal) Register(ctx context.Context, a client.Account, d receipts.Draft) (client.Registered, error) {
	return f.client().Register(ctx, a, d)
}

func (f *fiscal) Report(ctx context.Context, a client.Account, uuid string) (client.Report, error) {
	return f.client().Report(ctx, a, uuid)
}

// papersOf lists what the fiscal service has under all names that a receipt may have been asked for under: one for each try,
// and the one after.
func (l *look) papersOf(id ids.ID, tries int) (papers []atol.Receipt) {
	for try := range tries + 2 {
		name := fmt.Sprintf("%s%s.%d", l.mode, id, try)
		if r, err := l.world.tills[l.mode].sim.Receipt(name); err == nil {
			papers = append(papers, r)
		}
	}
	return papers
}
