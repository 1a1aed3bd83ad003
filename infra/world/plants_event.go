package world

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"giberno.ru/shared/notify"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// Partitions of events, and attributes of their rows.
const (
	eventPK     = notifystore.Prefix
	endpointPK  = notifystore.Prefix + "END#"
	lanePK      = notifystore.Prefix + "LANE#"
	filterAttr  = "tps"
	secretsAttr = "sec"
	leaseAttr   = "lse"
	dataAttr    = "dat"
	statusAttr  = "st"
	triesAttr   = "att"
)

// lostEvents says that an event about a refund was told, and tells none.
func lostEvents(inner table.Table) table.Table {
	return writes{inner, func(actions []table.Action) []table.Action {
		if p := actions[0].Parts(); p.Row.Key.SK == "EVENT" && strings.HasPrefix(p.Row.Attrs["typ"].Text(), "refund.") {
			return nil
		}
		return actions
	}}
}

// believing finds every event that is asked for.
type believing struct{ table.Table }

func (t believing) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	rows, err := t.Table.GetMany(ctx, keys)
	for _, key := range keys {
		if err == nil && key.SK == "EVENT" && !slices.ContainsFunc(rows, func(r table.Row) bool { return r.Key == key }) {
			rows = append(rows, table.Row{Key: key})
		}
	}
	return rows, err
}

// noTelling loses the messages that the fast road sends about events.
func noTelling(follow []queue.Job) []queue.Job {
	return slices.DeleteFunc(follow, func(j queue.Job) bool { return j.Kind == jobs.Tell })
}

// noMarkOfPaid drops the marks of order.paid, the first type of event.
func noMarkOfPaid(p *table.Parts) {
	without := func(attrs table.Attrs) table.Attrs {
		marks := slices.DeleteFunc(strings.Split(attrs["ev"].Text(), ","), func(mark string) bool { return strings.HasPrefix(mark, "0.") })
		attrs = maps.Clone(attrs)
		delete(attrs, "ev")
		if left := strings.Join(marks, ","); left != "" {
			attrs["ev"] = table.S(left)
		}
		return attrs
	}
	p.Row.Attrs, p.Set = without(p.Row.Attrs), without(p.Set)
}

// neighbourly reads the endpoints of the other partner.
type neighbourly struct{ table.Table }

func (t neighbourly) Query(ctx context.Context, q table.Query) (table.Page, error) {
	own, err := t.Table.Query(ctx, q)
	of, is := strings.CutPrefix(q.PK, endpointPK)
	if err != nil || !is {
		return own, err
	}
	m, partner, _ := strings.Cut(of, "#")
	other := partners[0].String()
	if partner == other {
		other = partners[1].String()
	}
	q.PK = endpointPK + m + "#" + other
	page, err := t.Table.Query(ctx, q)
	isHead := func(r table.Row) bool { return r.Key.SK == "HEAD" }
	page.Rows = slices.DeleteFunc(page.Rows, isHead)
	if i := slices.IndexFunc(own.Rows, isHead); i >= 0 {
		page.Rows = append(page.Rows, own.Rows[i])
	}
	return page, err
}

// rewording reads what an event tells with one more space every other time.
type rewording struct {
	table.Table
	reads int
}

func (t *rewording) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	rows, err := t.Table.GetMany(ctx, keys)
	for i, row := range rows {
		data, is := row.Attrs[dataAttr]
		if t.reads++; !is || t.reads%2 == 0 || row.Key.SK != "EVENT" {
			continue
		}
		rows[i].Attrs = maps.Clone(row.Attrs)
		rows[i].Attrs[dataAttr] = table.B(bytes.Replace(data.Bytes(), []byte(`{`), []byte(`{ `), 1))
	}
	return rows, err
}

// eavesdropping reads every endpoint as one that hears everything.
type eavesdropping struct{ table.Table }

func (t eavesdropping) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := t.Table.Query(ctx, q)
	for i, row := range page.Rows {
		if strings.HasPrefix(row.Key.PK, endpointPK) {
			page.Rows[i].Attrs = maps.Clone(row.Attrs)
			delete(page.Rows[i].Attrs, filterAttr)
		}
	}
	return page, err
}

// undeleted deletes no endpoint.
func undeleted(inner table.Table) table.Table {
	return writes{inner, func(actions []table.Action) []table.Action {
		if p := actions[0].Parts(); p.Op == table.DeleteOp && strings.HasPrefix(actions[0].Key().PK, endpointPK) {
			return nil
		}
		return actions
	}}
}

// noLease forgets to ask whether somebody holds a lane.
func noLease(p *table.Parts) {
	p.Conds = slices.DeleteFunc(slices.Clone(p.Conds), func(c table.CondParts) bool { return c.Name == leaseAttr })
}

// noSecondTry gives a delivery up when it has failed.
func noSecondTry(p *table.Parts) {
	if p.Set[triesAttr].Number() == 0 || p.Set[statusAttr].Text() != string(notify.Waiting) {
		return
	}
	p.Set = maps.Clone(p.Set)
	p.Set[statusAttr] = table.S(string(notify.Failed))
	p.First, p.Second = &table.Key{}, &table.Key{}
}

// easygoing takes silence for an answer.
type easygoing struct{ outbound.Doer }

func (d easygoing) Do(req *http.Request) (outbound.Answer, error) {
	a, err := d.Doer.Do(req)
	if err != nil {
		return outbound.Answer{Status: http.StatusOK, Header: http.Header{}}, nil
	}
	return a, nil
}

// resentful takes an address that is not found for one that is gone.
type resentful struct{ outbound.Doer }

func (d resentful) Do(req *http.Request) (outbound.Answer, error) {
	a, err := d.Doer.Do(req)
	if a.Status == http.StatusNotFound {
		a.Status = http.StatusGone
	}
	return a, err
}

// untimely sends another time than was signed.
type untimely struct{ outbound.Doer }

func (d untimely) Do(req *http.Request) (outbound.Answer, error) {
	if sec, err := strconv.ParseInt(req.Header.Get(notify.HeaderTimestamp), 10, 64); err == nil {
		req.Header.Set(notify.HeaderTimestamp, strconv.FormatInt(sec+1, 10))
	}
	return d.Doer.Do(req)
}

// nostalgic reads of several secrets only the one before.
type nostalgic struct{ table.Table }

func (t nostalgic) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	rows, err := t.Table.GetMany(ctx, keys)
	for i, row := range rows {
		var secrets []notify.Sealed
		if !strings.HasPrefix(row.Key.PK, endpointPK) || json.Unmarshal(row.Attrs[secretsAttr].Bytes(), &secrets) != nil || len(secrets) < 2 {
			continue
		}
		raw, _ := json.Marshal(secrets[1:]) // it was JSON a moment ago
		rows[i].Attrs = maps.Clone(row.Attrs)
		rows[i].Attrs[secretsAttr] = table.B(raw)
	}
	return rows, err
}

// noDueAtEnd takes the due key off a refund that succeeds.
func noDueAtEnd(p *table.Parts) {
	if p.Set[statusAttr].Text() != string(payments.RefundSucceeded) {
		return
	}
	p.Set = maps.Clone(p.Set)
	delete(p.Set, "due")
	p.Remove, p.Second = append(slices.Clone(p.Remove), "due"), &table.Key{}
}
