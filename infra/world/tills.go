package world

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"giberno.ru/infra/simulators/atol"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
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
		ID: ids.FromParts("world", string(m), "till"), Provider: identity.TillProvider, Mode: m, Terminal: tillGroup,
		Address: w.tills[m].base + "/possystem", Everyone: true, Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true,
		Taxation: "usn_income", CreatedAt: w.clock.Now().Truncate(time.Millisecond), Options: map[string]string{
			identity.TillVersion: versions[m], identity.TillLogin: tillLogin, identity.TillINN: tillINN,
			identity.TillEmail: "receipts@giberno.example", identity.TillAddress: "https://giberno.example"},
	}
}

// names are all names under which a receipt may have been asked for at a till of ours: one for each try, and the one after.
func (l *look) papersOf(id ids.ID, tries int) (papers []atol.Receipt) {
	for try := range tries + 2 {
		name := fmt.Sprintf("%s%s.%d", l.mode, id, try)
		if r, err := l.world.tills[l.mode].sim.Receipt(name); err == nil {
			papers = append(papers, r)
		}
	}
	return papers
}
