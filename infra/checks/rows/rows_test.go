package rows

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
)

// keepAs writes the rows of today's code as those of a new version. What is kept already is never written again: that code
// is out there, and its rows are in somebody's table.
var keepAs = flag.String("keep", "", "write the rows of today's code into testdata as this version, such as v2")

// versions are the versions of which rows are kept: the folders of testdata.
var versions = func() (names []string) {
	entries, _ := os.ReadDir("testdata")
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}()

// paymentsRead is what the payment module reads in its rows.
type paymentsRead struct {
	Orders    []payments.Whole
	Alarms    []store.OpenAlarm
	Found     map[string]ids.ID // receipt by address
	Due       []keptDue
	Approvals []payments.Refund
}

// keptDue is a due row. Version 1 told it by the number of its payment, 0 being the order itself.
type keptDue struct {
	store.Due
	Payment int `json:",omitempty"`
}

// today is what was read, in today's words.
func (r paymentsRead) today() paymentsRead {
	for i, d := range r.Due {
		switch {
		case d.Payment > 0:
			r.Due[i].Child = d.Order.Child(ids.Payment, d.Payment)
		case d.Child.IsZero():
			r.Due[i].Child = d.Order
		}
		r.Due[i].Payment = 0
	}
	return r
}

// stories are the names of the orders of every version.
var stories = []string{"held and captured", "held and voided", "a capture that was lost", "never opened", // since version 1
	"given back", "being given back", "given back by an operator's word", "for a second operator", "captured in part", "given back in the bank's cabinet", "closed after a prepayment",
	"printed by a till of ours", "refused by a till of ours", "corrected"} // since version 2

// identityRead is what identity reads in its rows.
type identityRead struct {
	Partner   identity.Partner
	Account   identity.Account
	Operators []identity.Operator
	Tokens    []identity.Token
	Secrets   map[string]string // that were shown when the tokens were issued
}

func readPayments(t *testing.T, tbl table.Table) (got paymentsRead) {
	t.Helper()
	s, ctx := store.New(tbl), t.Context()
	for _, name := range stories {
		w, err := s.Load(ctx, ids.Test, ids.FromParts(name))
		if errors.Is(err, payments.ErrOrderNotFound) {
			continue // of a later version
		}
		require.NoError(t, err)
		got.Orders = append(got.Orders, w)
	}
	listed, next, err := s.List(ctx, ids.Test, partner, store.Window{Limit: 100})
	require.NoError(t, err)
	require.Empty(t, next)
	require.Len(t, listed, len(got.Orders), "the list has them all")
	got.Alarms, _, err = s.OpenAlarms(ctx, ids.Test, "", 10)
	require.NoError(t, err)
	got.Found = map[string]ids.ID{}
	for _, r := range got.Orders[0].Receipts {
		id, ok, err := s.Found(ctx, ids.Test, partner, r.Fiscal.URL, "")
		require.NoError(t, err)
		require.True(t, ok, r.Fiscal.URL)
		got.Found[r.Fiscal.URL] = id
		if r.Fiscal.FN != "" {
			_, ok, err = s.Found(ctx, ids.Test, partner, "https://elsewhere.example", r.Fiscal.Identity())
			require.NoError(t, err)
			require.True(t, ok, "by its fiscal identity")
		}
	}
	for shard := range store.Shards {
		due, err := s.DueBy(ctx, ids.Test, shard, start.AddDate(1, 0, 0), 100)
		require.NoError(t, err)
		for _, d := range due {
			got.Due = append(got.Due, keptDue{Due: d})
		}
	}
	got.Approvals, _, err = s.Approvals(ctx, ids.Test, "", 10)
	require.NoError(t, err)
	return got
}

func readIdentity(t *testing.T, tbl table.Table, secrets map[string]string) (got identityRead) {
	t.Helper()
	s, ctx := contracts(t, tbl), t.Context()
	var err error
	got.Secrets = secrets
	got.Partner, err = s.PartnerNow(ctx, partner)
	require.NoError(t, err)
	got.Account, err = s.AccountNow(ctx, account)
	require.NoError(t, err)
	got.Partner.Version, got.Account.Version = 0, 0 // of the row, not of what it tells
	open, err := s.Unsealed(ctx, got.Account)
	require.NoError(t, err)
	require.Equal(t, "second password", open.Password)
	require.Equal(t, "first password", open.Previous)
	byTerminal, err := s.AccountByTerminal(ctx, "tbank", ids.Test, "RowDEMO")
	require.NoError(t, err)
	require.Equal(t, account, byTerminal.ID)
	got.Operators, _, err = s.Operators(ctx, 10, "")
	require.NoError(t, err)
	for _, holder := range []ids.ID{partner, identitystore.FirstOperator()} {
		tokens, _, err := s.Tokens(ctx, holder, 10, "")
		require.NoError(t, err)
		for _, token := range tokens {
			token.Hash = [32]byte{}
			got.Tokens = append(got.Tokens, token)
		}
	}
	for name, secret := range secrets {
		_, err := s.Authenticate(ctx, secret)
		require.NoError(t, err, name)
	}
	return got
}

// TestKeep writes the rows of today's code where it is asked to.
func TestKeep(t *testing.T) {
	t.Parallel()
	if *keepAs == "" {
		return
	}
	dir := filepath.Join("testdata", *keepAs)
	_, err := os.Stat(dir)
	require.ErrorIs(t, err, fs.ErrNotExist, "the rows of %s are kept already", *keepAs)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	write := func(name string, v any) {
		text, err := json.MarshalIndent(v, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), append(text, '\n'), 0o644))
	}
	rowsOf := func(e *boltengine.Engine) (all []keptRow) {
		for _, row := range written(t, e) {
			all = append(all, keep(row))
		}
		return all
	}
	e := fresh(t)
	tellPayments(t, e)
	write("payments.rows.json", rowsOf(e))
	write("payments.read.json", readPayments(t, e))
	e = fresh(t)
	secrets := tellIdentity(t, e)
	write("identity.rows.json", rowsOf(e))
	write("identity.read.json", readIdentity(t, e, secrets))
	e = fresh(t)
	tellLedger(t, e)
	write("ledger.rows.json", rowsOf(e))
	write("ledger.read.json", readLedger(t, e))
	e = fresh(t)
	secret := tellNotify(t, e)
	write("notify.rows.json", rowsOf(e))
	write("notify.read.json", readNotify(t, e, secret))
}

func TestRowsOfEarlierVersions(t *testing.T) {
	t.Parallel()
	require.Contains(t, versions, "v1", "these rows are in somebody's table")
	for _, version := range versions {
		t.Run(version+"PaymentsAreRead", func(t *testing.T) {
			t.Parallel()
			var want paymentsRead
			read(t, filepath.Join(version, "payments.read.json"), &want)
			rows := kept(t, version, "payments")
			require.Equal(t, want.today(), readPayments(t, with(t, rows)))
			auditor := store.NewAuditor()
			slices.SortFunc(rows, func(a, b table.Row) int { return strings.Compare(a.Key.PK, b.Key.PK) })
			for _, row := range rows {
				auditor.Add(row)
			}
			audit := auditor.Done()
			require.Empty(t, audit.Breaches)
			require.Equal(t, len(want.Orders), audit.Orders)
		})
		t.Run(version+"IdentityIsRead", func(t *testing.T) {
			t.Parallel()
			var want identityRead
			read(t, filepath.Join(version, "identity.read.json"), &want)
			require.Equal(t, want, readIdentity(t, with(t, kept(t, version, "identity")), want.Secrets))
		})
		t.Run(version+"UpdatesKeepWhatTheyDoNotKnow", func(t *testing.T) {
			t.Parallel()
			rows := kept(t, version, "payments")
			for i := range rows {
				rows[i].Attrs["zz"], rows[i].Attrs["sv"] = table.S("of the next version"), table.N(9)
			}
			e := with(t, rows)
			s, now := store.New(e), start.AddDate(0, 0, 1)
			w, err := s.Load(t.Context(), ids.Test, ids.FromParts("a capture that was lost"))
			require.NoError(t, err)
			require.NoError(t, s.Save(t.Context(), payments.NotFound(w, 1, now))) // believed the second time: payment
			w, err = s.Load(t.Context(), ids.Test, w.Order.ID)
			require.NoError(t, err)
			p, _ := w.Payment(1)
			require.Equal(t, payments.Held, p.Status)
			claimed, err := s.MoveDue(t.Context(), store.Due{Mode: ids.Test, Order: w.Order.ID, Child: p.ID, At: p.Due}, now)
			require.NoError(t, err)
			require.True(t, claimed)
			looked, err := s.ClaimLook(t.Context(), p, now, time.Second)
			require.NoError(t, err)
			require.True(t, looked)
			w, err = s.Load(t.Context(), ids.Test, w.Order.ID)
			require.NoError(t, err)
			require.NoError(t, s.Save(t.Context(), payments.Apply(w, 1, heldThenReleased(w), payments.Asked, now))) // payment and STATE
			touched := 0
			for _, row := range written(t, e) {
				require.Equal(t, "of the next version", row.Attrs["zz"].Text(), "%s", row.Key)
				require.Equal(t, int64(9), row.Attrs["sv"].Number(), "%s: an update must not make a row look older", row.Key)
				if before := rows[slices.IndexFunc(rows, func(r table.Row) bool { return r.Key == row.Key })]; !before.Equal(row) {
					touched++
				}
			}
			require.Equal(t, 2, touched)
		})
	}
}

var attribute = regexp.MustCompile(`(?m)^\s(?:fields\.[A-Z]\w+|digest|marks)\("(\w+)"`)

// fieldFiles are where the attributes of each domain's rows are listed.
var fieldFiles = map[string][]string{
	"payments": {"shared/payments/store/rows.go"},
	"ledger":   {"shared/ledger/store/rows.go", "shared/ledger/store/settlement_rows.go", "shared/ledger/store/break_rows.go"},
	"notify":   {"shared/notify/store/rows.go"},
}

func TestNothingIsLeftOut(t *testing.T) {
	t.Parallel()
	root, err := checks.Root()
	require.NoError(t, err)
	tree, err := checks.ReadTree(root)
	require.NoError(t, err)
	for _, d := range tree.Domains() {
		var rows []table.Row
		for _, version := range versions {
			if _, err := os.Stat(filepath.Join("testdata", version, d.Name+".rows.json")); !errors.Is(err, fs.ErrNotExist) {
				rows = append(rows, kept(t, version, d.Name)...)
			}
		}
		for _, key := range d.Keys {
			if key.Place != "" {
				continue
			}
			t.Run(d.Name+" "+key.Name, func(t *testing.T) {
				t.Parallel()
				shape := shapeOf(key.PK + "\x00" + key.SK)
				require.True(t, slices.ContainsFunc(rows, func(r table.Row) bool { return shape.MatchString(r.Key.PK + "\x00" + r.Key.SK) }),
					"no row of this kind is kept in testdata: tell its story in stories_test.go and keep it as a new version (-keep)")
			})
		}
	}
	for domain, files := range fieldFiles {
		t.Run("EveryAttributeOf "+domain, func(t *testing.T) {
			t.Parallel()
			present := map[string]bool{}
			for _, version := range versions {
				if _, err := os.Stat(filepath.Join("testdata", version, domain+".rows.json")); err != nil {
					continue
				}
				for _, row := range kept(t, version, domain) {
					for name := range row.Attrs {
						present[name] = true
					}
				}
			}
			for _, file := range files {
				source, err := os.ReadFile(filepath.Join(root, file))
				require.NoError(t, err)
				known := attribute.FindAllStringSubmatch(string(source), -1)
				require.NotEmpty(t, known, file)
				var missing []string
				for _, name := range known {
					if !present[name[1]] {
						missing = append(missing, name[1])
					}
				}
				require.Empty(t, missing, "%s: no kept row has these attributes", file)
			}
		})
	}
}

var hole = regexp.MustCompile(`\\\{\w+\\\}`)

// shapeOf makes a pattern of a key as the drawing shows it: {names} stand for what differs.
func shapeOf(key string) *regexp.Regexp {
	return regexp.MustCompile("^" + hole.ReplaceAllString(regexp.QuoteMeta(key), `[^\x00#]+`) + "$")
}
