// Package platform is the whole platform in one process on one file: every endpoint, worker, page and bank simulator. What
// AWS does between the functions (the table's stream, the queues' polling, the schedules) is done here by loops.
package platform

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	_ "time/tzdata" // a partner's business day has his zone, wherever this runs

	atolsim "giberno.ru/infra/simulators/atol"
	tbanksim "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/identity"
	identityapi "giberno.ru/shared/identity/api"
	identitystore "giberno.ru/shared/identity/store"
	ledgerapi "giberno.ru/shared/ledger/api"
	reconcilingapi "giberno.ru/shared/ledger/reconciling/api"
	"giberno.ru/shared/ledger/register/xlsx"
	notifyapi "giberno.ru/shared/notify/api"
	notifyjobs "giberno.ru/shared/notify/jobs"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/notify/mail/outbox"
	"giberno.ru/shared/notify/mail/smtp"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments/wire"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/books/calls"
	"giberno.ru/shared/payments/wire/books/matching"
	"giberno.ru/shared/payments/wire/deliveries"
	"giberno.ru/shared/payments/wire/onaws/letters"
	"giberno.ru/shared/payments/wire/payer"
	"giberno.ru/shared/payments/wire/providers"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/outbound"
	queueengine "giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/secret"
	tableengine "giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/platform/web"
	"giberno.ru/shared/platform/web/docs"
	"giberno.ru/shared/receipts/atol"
)

// Config is what a platform needs to know. Dir and BaseURL are required.
type Config struct {
	Dir     string       // where the data is kept; made with mode 0700
	BaseURL string       // how payers and banks reach it, without a closing slash
	Log     *slog.Logger // nil is silence
	Random  io.Reader    // nil is the machine's
	NoSync  bool         // leaves out the fsync: for tests and simulations
	NoDemo  bool         // no demo partner, simulators or start page
	SMTP    string       // the mail server for letters, smtps://login:password@host:465; "": letters stay in an outbox
	From    string       // the sender of letters
	GeoIP   string       // a database of countries in MaxMind's format; "": none
}

// Platform is a running platform. Open makes it, Handler answers for it, Run keeps its loops going.
type Platform struct {
	Config
	Clock    *Clock
	Identity *identitystore.Store
	Payments *wire.Module
	Books    *books.Books
	Hooks    *deliveries.Deliveries
	Events   *notifyapi.Service
	Ledger   *ledgerapi.Service
	Matching *reconcilingapi.Service
	Bank     *tbanksim.Bank   // nil without a demo
	Fiscal   *atolsim.Service // the same
	Demo     Demo

	file    *file.File
	keys    *secret.KeyFile
	table   *tableengine.Engine
	queue   *queueengine.Engine
	admin   *identityapi.API
	outbox  *outbox.Outbox // nil with a mail server
	country country
	sweep   chan struct{}
	copying sync.Mutex // one backup at a time
	handler http.Handler
}

// Open opens the data and puts everything together. Data that another process holds is a *file.HeldError, which says who.
func Open(ctx context.Context, c Config) (p *Platform, err error) {
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("platform: %w", err)
	}
	path := filepath.Join(c.Dir, dataFile)
	keys, err := openKeys(filepath.Join(c.Dir, keysFile), path, c.Random)
	if err != nil {
		return nil, err
	}
	f, err := file.Open(path, file.Options{NoSync: c.NoSync, Note: c.BaseURL})
	if err != nil {
		return nil, err
	}
	forgetCopies(c.Dir)
	p = &Platform{Config: c, file: f, keys: keys, sweep: make(chan struct{}, 1)}
	if err := p.assemble(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Platform) assemble(ctx context.Context) (err error) {
	if p.Clock, err = openClock(filepath.Join(p.Dir, "clock.json")); err != nil {
		return err
	}
	if p.country, err = openCountry(p.GeoIP); err != nil {
		return err
	}
	if p.table, err = tableengine.New(p.file, tableengine.Options{}); err != nil {
		return err
	}
	if p.queue, err = queueengine.New(p.file, p.Clock, queueengine.Options{}); err != nil {
		return err
	}
	keeper := secret.NewKeeper(p.keys, p.Random)
	cursorKey, err := keeper.Derive(ctx, "cursor")
	if err != nil {
		return err
	}
	out, err := outbound.New(outbound.Options{})
	if err != nil {
		return err
	}
	rows := stamped.New(limits.New(p.table), stamped.Options{})
	p.Identity = identitystore.New(rows, keeper, p.Clock, p.Random)
	registry := providers.List(out, p.Clock, p.Log)
	hooks, err := outbound.New(notifyjobs.Options(false)) // a partner may live on this machine
	if err != nil {
		return err
	}
	parts := wire.Parts{
		Table: rows, Queue: p.queue, Contracts: p.Identity, Events: notifystore.New(rows, keeper, p.Clock, p.Random), Clock: p.Clock, Random: p.Random, Log: p.Log, BaseURL: p.BaseURL,
		Banks: registry, Fiscal: atol.New(out, p.Clock), CursorKey: cursorKey,
	}
	if parts.Mail, err = p.mailer(); err != nil {
		return err
	}
	parts.Letter = letters.LetterOf(parts)
	p.Payments, p.Books, p.Hooks = wire.New(parts), books.New(parts), deliveries.New(parts, hooks)
	p.Events = &notifyapi.Service{Store: parts.Events, Cursors: p.Payments.Service.Cursors}
	p.Ledger = calls.Of(parts, p.Books, p.Payments.Service.Cursors)
	p.Ledger.Spreadsheet = xlsx.Write
	p.Matching = matching.Of(parts, p.Books, p.Payments.Service.Cursors, "")
	p.admin = identityapi.New(identityapi.Config{Store: p.Identity, Clock: p.Clock, Random: p.Random,
		Signer: p.Payments.Service.Cursors, Providers: append(registry.Providers(), identity.TillProvider), Checklist: wire.Checklist{Store: p.Payments.Store, Heard: parts.Events.Delivered}})
	if !p.NoDemo {
		if err := p.openDemo(ctx); err != nil {
			return err
		}
	}
	p.handler = p.mount()
	return nil
}

// mailer sends letters by a mail server, or keeps them in an outbox that the developer's page shows.
func (p *Platform) mailer() (mail.Sender, error) {
	if p.SMTP == "" {
		box, err := outbox.Open(outbox.Options{Clock: p.Clock, Dir: filepath.Join(p.Dir, "outbox")})
		p.outbox = box
		return box, err
	}
	c, err := smtp.Parse(p.SMTP, p.From)
	if err != nil {
		return nil, err
	}
	return smtp.New(c, p.Clock)
}

// openKeys opens the key file. Only fresh data gets fresh keys, and it gets them before there is any data: others could
// not open the secrets that are kept there.
func openKeys(path, data string, random io.Reader) (*secret.KeyFile, error) {
	if _, err := os.Stat(data); errors.Is(err, fs.ErrNotExist) {
		return secret.LoadKeyFile(path, random)
	}
	keys, err := secret.OpenKeyFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s was sealed with a key file that is not there or not readable: %w", data, err)
	}
	return keys, nil
}

// Endpoints lists every endpoint of the platform.
func (p *Platform) Endpoints() []web.Endpoint {
	return slices.Concat(p.Payments.Service.Endpoints(), payer.Pages(p.Payments, p.country.of).Endpoints(), p.Ledger.Endpoints(), p.Matching.Endpoints(), p.Events.Endpoints(), p.admin.Endpoints())
}

func (p *Platform) mount() http.Handler {
	endpoints := p.Endpoints()
	server := web.NewServer(web.Options{
		Auth: p.Identity, Clock: p.Clock, Log: p.Log, Title: "Giberno", Version: "1", Docs: true,
	}, slices.Concat(endpoints, docs.Endpoints(endpoints...), []web.Endpoint{p.backupEndpoint()})...)
	mux := http.NewServeMux()
	mux.Handle("/", server)
	if !p.NoDemo {
		p.mountDeveloper(mux)
	}
	return mux
}

// Handler answers every request of the platform.
func (p *Platform) Handler() http.Handler { return p.handler }

// CopyTo writes a consistent copy of the data while the platform runs.
func (p *Platform) CopyTo(w io.Writer) (int64, error) { return p.file.CopyTo(w) }

// Close gives the data back. Requests and loops must have ended.
func (p *Platform) Close() error {
	var err error
	if p.Bank != nil {
		err = p.Bank.Close()
	}
	if p.Fiscal != nil {
		err = errors.Join(err, p.Fiscal.Close())
	}
	return errors.Join(err, p.country.close(), p.file.Close())
}
