package store

import (
	"fmt"
	"slices"
	"strings"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// MaxBreaches is how many breaches an Audit tells in words; the others it only counts.
const MaxBreaches = 200

// Audit is what an Auditor found: how many rows of each kind, and what does not hold.
type Audit struct {
	Orders, Payments, Refunds, Receipts, Alarms int
	LookUps                                     int // rows by which receipts are found
	Due                                         int // rows that stand in the index of due keys
	Breaches                                    []string
	More                                        int // breaches beyond MaxBreaches
}

// Auditor holds all rows of the module against its invariants, for data that was restored or is suspected. It reads no
// table: the rows are handed to it.
type Auditor struct {
	audit    Audit
	pk       string
	rows     []table.Row          // of the partition that is being read
	needed   map[table.Key]ids.ID // look-up rows that receipts need, with the receipt
	lookUps  map[table.Key]ids.ID // look-up rows that are there
	receipts map[ids.ID]bool      // that are there
}

// NewAuditor makes an auditor that has seen nothing yet.
func NewAuditor() *Auditor {
	return &Auditor{needed: map[table.Key]ids.ID{}, lookUps: map[table.Key]ids.ID{}, receipts: map[ids.ID]bool{}}
}

// Add takes one row. Rows of one partition have to come one after the other; rows of other domains are passed over.
func (a *Auditor) Add(row table.Row) {
	if !strings.HasPrefix(row.Key.PK, Prefix) {
		return
	}
	if row.Key.PK != a.pk {
		a.partition()
		a.pk = row.Key.PK
	}
	a.rows = append(a.rows, row)
}

// Done gives the result once every row has been added.
func (a *Auditor) Done() Audit {
	a.partition()
	for key, receipt := range a.needed {
		if _, ok := a.lookUps[key]; !ok {
			a.breach(key, "receipt %s has no such look-up row", receipt)
		}
	}
	for key, id := range a.lookUps {
		if !a.receipts[id] {
			a.breach(key, "it names the receipt %s, which is not there", id)
		}
	}
	return a.audit
}

func (a *Auditor) breach(key table.Key, format string, args ...any) {
	if len(a.audit.Breaches) >= MaxBreaches {
		a.audit.More++
		return
	}
	a.audit.Breaches = append(a.audit.Breaches, fmt.Sprintf("%s %s: ", key.PK, key.SK)+fmt.Sprintf(format, args...))
}

// partition works off the rows of one partition.
func (a *Auditor) partition() {
	rows := a.rows
	a.rows = nil
	slices.SortFunc(rows, func(x, y table.Row) int { return strings.Compare(x.Key.SK, y.Key.SK) }) // attempts in their order
	for _, row := range rows {
		if sv := row.Attrs["sv"].Number(); sv < 1 || sv > schemaVersion+1 { // its own, older ones and the next, as two versions run side by side
			a.breach(row.Key, "its schema version %d is not known", sv)
		}
		if !row.Second.IsZero() {
			a.audit.Due++
		}
	}
	switch kind := strings.TrimPrefix(a.pk, Prefix); {
	case len(rows) == 0:
	case strings.HasPrefix(kind, "HOUSE#"):
		m := ids.Mode(strings.TrimPrefix(kind, "HOUSE#"))
		for _, row := range rows {
			a.alarm(m, row)
		}
	case strings.HasPrefix(kind, "URL#"), strings.HasPrefix(kind, "FISCAL#"):
		for _, row := range rows {
			a.lookUp(row)
		}
	default:
		a.collection(rows)
	}
}

func (a *Auditor) lookUp(row table.Row) {
	id, err := ids.Parse(row.Attrs["rid"].Text())
	if err != nil {
		a.breach(row.Key, "it names no receipt")
		return
	}
	a.audit.LookUps++
	a.lookUps[row.Key] = id
	a.stands(row, table.Key{}, table.Key{})
}

func (a *Auditor) alarm(m ids.Mode, row table.Row) {
	var is payments.Alarm
	if err := fields.Read(alarmFields, row.Attrs, &is); err != nil {
		a.breach(row.Key, "%v", err)
	}
	a.audit.Alarms++
	if row.Key.SK != alarmSK(is) || is.OpenedAt.IsZero() {
		a.breach(row.Key, "its attributes are those of another alarm")
	}
	a.stands(row, alarmPlace(m, is), table.Key{})
}

// stands holds that a row is in its indexes exactly where its attributes put it.
func (a *Auditor) stands(row table.Row, first, second table.Key) {
	if row.First != first {
		a.breach(row.Key, "it stands in the list at %q, and belongs to %q", row.First, first)
	}
	if row.Second != second {
		a.breach(row.Key, "its due key is %q, and should be %q", row.Second, second)
	}
}

// OrderAt tells which order a key is the row of; ok is false for every other row.
func OrderAt(key table.Key) (m ids.Mode, order ids.ID, ok bool) {
	m, order, ok = collectionOf(key.PK)
	return m, order, ok && key.SK == orderSK
}

// collectionOf reads the partition of an order.
func collectionOf(pk string) (m ids.Mode, order ids.ID, ok bool) {
	mode, id, _ := strings.Cut(strings.TrimPrefix(pk, Prefix), "#")
	order, err := ids.Parse(id)
	m = ids.Mode(mode)
	return m, order, err == nil && m.Valid() && pk == collection(m, order)
}

// collection holds an order, its children and their places against each other.
func (a *Auditor) collection(rows []table.Row) {
	m, order, ok := collectionOf(a.pk)
	if !ok {
		a.breach(rows[0].Key, "no row of this module has such a key")
		return
	}
	var w payments.Whole
	for _, row := range rows {
		if len(row.Key.SK) < 2 {
			a.breach(row.Key, "no row of an order has such a key")
			continue
		}
		if err := take(&w, row, order); err != nil {
			a.breach(row.Key, "%v", err)
			return
		}
	}
	if w.Order.ID != order || w.Order.Mode != m {
		a.breach(orderKey(m, order), "there is no order, or it is another's")
		return
	}
	for _, row := range rows {
		a.child(w, row)
	}
	for _, wrong := range contradictions(w) {
		a.breach(orderKey(m, order), "%s", wrong)
	}
}

// child holds one row of an order against its key and its places.
func (a *Auditor) child(w payments.Whole, row table.Row) {
	o := w.Order
	switch sk := row.Key.SK; {
	case sk == orderSK:
		a.audit.Orders++
		a.stands(row, listPlace(o), duePlace(o.Mode, o.ID, orderSK, o.Due))
	case sk == stateSK:
		a.stands(row, table.Key{}, table.Key{})
	case strings.HasPrefix(sk, "P#"):
		p, _ := readPayment(row, o.ID)
		a.audit.Payments++
		a.stands(row, table.Key{}, duePlace(o.Mode, o.ID, sk, p.Due))
	case strings.HasPrefix(sk, "F#"):
		r, _ := readRefund(row, o.ID)
		a.audit.Refunds++
		a.stands(row, refundPlace(r), duePlace(o.Mode, o.ID, sk, r.Due))
	case strings.HasPrefix(sk, "R#"):
		var r payments.Receipt
		if err := fields.Read(receiptFields, row.Attrs, &r); err != nil {
			a.breach(row.Key, "%v", err)
		}
		a.audit.Receipts++
		if row.Key != receiptKey(o.Mode, r) {
			a.breach(row.Key, "it holds the receipt %s", r.ID)
		}
		a.stands(row, table.Key{}, duePlace(o.Mode, o.ID, sk, r.Due))
		a.receipts[r.ID] = true
		if r.Fiscal.URL != "" {
			a.needed[urlKey(o.Mode, o.Partner, r.Fiscal.URL)] = r.ID
		}
		if r.Fiscal.FN != "" {
			a.needed[fiscalKey(o.Mode, o.Partner, r.Fiscal.Identity())] = r.ID
		}
	case strings.HasPrefix(sk, "A#"):
		a.alarm(o.Mode, row)
	default:
		a.breach(row.Key, "no row of an order has such a key")
	}
}
