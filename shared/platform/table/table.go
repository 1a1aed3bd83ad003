// Package table is the platform's one table: few, typed operations that DynamoDB can do in one call each, with engines
// behind them and one conformance suite for all. Nothing here can be asked that a condition expression, a
// TransactWriteItems, a query over the base table or one of two indexes, or a stream record cannot answer.
package table

import (
	"context"
	"errors"
	"fmt"
)

// Key is the primary key of a row, or its place in an index.
type Key struct{ PK, SK string }

// IsZero reports an absent index place.
func (k Key) IsZero() bool { return k == Key{} }

// Index names where a query looks.
type Index int

// The base table and its two overloaded global indexes. By convention First holds lists by time and Second due keys.
const (
	Base Index = iota
	First
	Second
)

// Row is one item: its key, its places in the indexes (zero: not there), when DynamoDB may drop it, and its attributes.
type Row struct {
	Key    Key
	First  Key
	Second Key
	TTL    int64 // unix seconds; 0: kept for ever
	Attrs  Attrs
}

// Attrs are the attributes of a row, by name. Names are short and never a reserved word of DynamoDB.
// "pk sk g1pk g1sk g2pk g2sk ttl w" belong to this package.
type Attrs map[string]Value

// Table is what a domain's store talks to. Every method is one round trip of the engine (GetMany: one per 100 keys).
type Table interface {
	// Get reads one row strongly consistently. A missing row is ok == false.
	Get(ctx context.Context, key Key) (row Row, ok bool, err error)
	// GetMany reads up to 100 rows; missing ones are left out, the order is not promised.
	GetMany(ctx context.Context, keys []Key) ([]Row, error)
	// Query reads one page of rows with one partition key, in the order of the sort key. Over the base table it is
	// strongly consistent; over an index it may be stale, and only Key, the index's own key and Projected attributes are
	// filled: re-read the base row before acting on it.
	Query(ctx context.Context, q Query) (Page, error)
	// Write carries out all actions or none. One action is a plain conditional write, several are a transaction (at most
	// 100 actions, 4 MB, one action per row). A failed condition is a *Refused.
	Write(ctx context.Context, actions ...Action) error
}

// Projected are the attributes that indexes carry beside the keys.
var Projected = []string{"st"}

// Query asks for one page.
type Query struct {
	Index    Index
	PK       string
	From, To string // sort keys, From inclusive, To exclusive; "" is open
	Prefix   string // of the sort key; excludes From and To
	Backward bool
	Limit    int    // 1 … 1000 rows; 0 is 100
	After    *Place // continue behind the last row of the page before
}

// Place is where a page ended: the base key and, over an index, the place in it. It is what DynamoDB calls LastEvaluatedKey.
type Place struct{ Base, Index Key }

// Page is an answer to a Query. More is nil when nothing is left.
type Page struct {
	Rows []Row
	More *Place
}

// Refused says that at least one condition did not hold; nothing was written.
type Refused struct {
	// Reasons stands in the order of the actions.
	Reasons []Reason
}

// Reason tells of one action whether its condition failed, and the row as it stood (only for a failed one).
type Reason struct {
	Failed bool
	Old    Row
	Exists bool
}

func (r *Refused) Error() string { return "table: a condition did not hold" }

// IsRefused reports whether err is a failed condition.
func IsRefused(err error) bool { var r *Refused; return errors.As(err, &r) }

// OldOf gives the row that made action i of a refused write fail.
func OldOf(err error, i int) (Row, bool) {
	var r *Refused
	if !errors.As(err, &r) || i >= len(r.Reasons) || !r.Reasons[i].Exists {
		return Row{}, false
	}
	return r.Reasons[i].Old, true
}

// ErrUnavailable is an operation whose outcome the engine could not learn, or that was throttled to the end: the caller
// must assume that a write may have happened.
var ErrUnavailable = errors.New("table: unavailable, the outcome is not known")

// ErrConflict is a write that met another transaction on the same row. Nothing was written; the same write may be tried
// again. It is an ErrUnavailable for callers that do not retry by themselves.
var ErrConflict = fmt.Errorf("%w: conflict with another transaction, nothing was written", ErrUnavailable)

// ErrThrottled is an operation that the service did not begin. It is an ErrUnavailable, too.
var ErrThrottled = fmt.Errorf("%w: throttled, nothing was done", ErrUnavailable)

// ErrLimit is a request that the real service would refuse whatever the state: too large, too many, a key twice.
var ErrLimit = errors.New("table: a limit of the service is broken")
