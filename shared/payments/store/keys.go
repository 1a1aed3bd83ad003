// Package store keeps orders and what hangs on them: the only place that knows the module's keys and conditions.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/receipts"
)

// Prefix begins every key that this domain writes, index keys included.
const Prefix = "PAY#"

// Shards is over how many partitions the due keys of a mode are spread.
const Shards = 16

const (
	orderSK = "ORDER"
	stateSK = "STATE"
)

// collection is the partition of an order and all its children: PAY#t#<uuid>.
func collection(m ids.Mode, order ids.ID) string { return Prefix + string(m) + "#" + order.String() }

func orderKey(m ids.Mode, order ids.ID) table.Key {
	return table.Key{PK: collection(m, order), SK: orderSK}
}

func stateKey(m ids.Mode, order ids.ID) table.Key {
	return table.Key{PK: collection(m, order), SK: stateSK}
}

func paymentSK(n int) string { return fmt.Sprintf("P#%02d", n) }

func paymentKey(m ids.Mode, order ids.ID, n int) table.Key {
	return table.Key{PK: collection(m, order), SK: paymentSK(n)}
}

func refundSK(n int) string { return fmt.Sprintf("F#%02d", n) }

func refundKey(r payments.Refund) table.Key {
	return table.Key{PK: collection(r.Mode, r.Order), SK: refundSK(r.N)}
}

// refundPlace is where a refund stands as long as money may leave by it and anything is owed to it: in the operators' list while it waits for the
// second of them, in its partner's list of open refunds before and after. One that was let go stands nowhere. The operators'
// list names the partner, too, so that his own waiting refunds are told from the keys alone.
func refundPlace(r payments.Refund) table.Key {
	switch {
	case r.Status == payments.RefundAwaitsApproval:
		return table.Key{PK: approvalsPK(r.Mode), SK: stamp(r.CreatedAt) + "#" + r.ID.String() + "#" + r.Partner.String()}
	case r.Due.IsZero() || r.Status == payments.RefundFailed:
		return table.Key{}
	}
	return table.Key{PK: openRefundsPK(r.Mode, r.Partner), SK: stamp(r.CreatedAt) + "#" + r.ID.String()}
}

func approvalsPK(m ids.Mode) string { return Prefix + "APPROVE#" + string(m) }

func openRefundsPK(m ids.Mode, partner ids.ID) string {
	return Prefix + "BACK#" + string(m) + "#" + partner.String()
}

func receiptKey(m ids.Mode, r payments.Receipt) table.Key {
	return table.Key{PK: collection(m, r.ID.Root()), SK: receiptSK(r.ID)}
}

func receiptSK(id ids.ID) string { return fmt.Sprintf("R#%02d%02d", id.Family(), id.N()) }

func alarmSK(a payments.Alarm) string { return "A#" + string(a.Kind) + "#" + a.Object }

// houseKey is for alarms that belong to no order: a forged notice, a stranger's payment.
func houseKey(m ids.Mode, a payments.Alarm) table.Key {
	return table.Key{PK: Prefix + "HOUSE#" + string(m), SK: alarmSK(a)}
}

// stamp writes a time so that texts sort as times do.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func listPlace(o payments.Order) table.Key {
	return table.Key{PK: listPK(o.Mode, o.Partner), SK: stamp(o.CreatedAt) + "#" + o.ID.String()}
}

func listPK(m ids.Mode, partner ids.ID) string {
	return Prefix + "LIST#" + string(m) + "#" + partner.String()
}

func alarmsPK(m ids.Mode) string { return Prefix + "ALARM#" + string(m) }

func alarmPlace(m ids.Mode, a payments.Alarm) table.Key {
	if !a.IsOpen() {
		return table.Key{}
	}
	return table.Key{PK: alarmsPK(m), SK: stamp(a.OpenedAt) + "#" + string(a.Kind) + "#" + a.Object}
}

// duePK is one shard of the due keys: {domain}#DUE#{mode}#{shard}.
func duePK(m ids.Mode, shard int) string { return fmt.Sprintf(Prefix+"DUE#%s#%02d", m, shard) }

// duePlace is where the sweeper finds a row; the zero time is nowhere. what is the row's sort key.
func duePlace(m ids.Mode, order ids.ID, what string, at time.Time) table.Key {
	if at.IsZero() {
		return table.Key{}
	}
	return table.Key{PK: duePK(m, int(order[0])%Shards), SK: stamp(at) + "#" + order.String() + "#" + what}
}

// readDue reads a due place back.
func readDue(sk string) (at time.Time, order ids.ID, what string, ok bool) {
	parts := strings.SplitN(sk, "#", 3)
	if len(parts) != 3 {
		return time.Time{}, ids.ID{}, "", false
	}
	at, err1 := time.Parse("2006-01-02T15:04:05.000Z", parts[0])
	order, err2 := ids.Parse(parts[1])
	return at, order, parts[2], err1 == nil && err2 == nil
}

// Receipts are found by address and by fiscal identity, within what a partner may see.
func urlKey(m ids.Mode, partner ids.ID, url string) table.Key {
	if a, err := receipts.ParseURL(url, true); err == nil {
		url = a.URL // one form for all spellings
	}
	sum := sha256.Sum256([]byte(url))
	return table.Key{PK: Prefix + "URL#" + string(m) + "#" + partner.String() + "#" + hex.EncodeToString(sum[:]), SK: "R"}
}

func fiscalKey(m ids.Mode, partner ids.ID, identity string) table.Key {
	return table.Key{PK: Prefix + "FISCAL#" + string(m) + "#" + partner.String() + "#" + identity, SK: "R"}
}
