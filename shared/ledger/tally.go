package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"strconv"
	"time"

	"giberno.ru/shared/core/fault"
)

// Hash is a SHA-256. As a text it is 64 hexadecimal digits; the zero hash is the empty text.
type Hash [sha256.Size]byte

// IsZero reports the absent hash.
func (h Hash) IsZero() bool { return h == Hash{} }

// String writes the hexadecimal digits.
func (h Hash) String() string {
	if h.IsZero() {
		return ""
	}
	return hex.EncodeToString(h[:])
}

// MarshalText writes String.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// ErrHash is the fault of a text that is no hash.
var ErrHash = fault.Invalid("invalid_hash", "Expected 64 hexadecimal digits.")

// UnmarshalText reads String back, or fails with ErrHash.
func (h *Hash) UnmarshalText(text []byte) error {
	*h = Hash{}
	if len(text) == 0 {
		return nil
	}
	if len(text) != 2*len(h) {
		return ErrHash
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		return ErrHash.Because(err)
	}
	return nil
}

// fields hashes texts one after the other, each behind its length as four bytes, big-endian, so that no two lists of fields
// run into each other.
type fields struct{ into hash.Hash }

func (f fields) text(all ...string) {
	var size [4]byte
	for _, text := range all {
		binary.BigEndian.PutUint32(size[:], uint32(len(text)))
		f.into.Write(size[:])
		io.WriteString(f.into, text)
	}
}

func (f fields) number(all ...int64) {
	for _, n := range all {
		f.text(strconv.FormatInt(n, 10))
	}
}

func (f fields) facts(of Facts) { f.number(of.Paid, of.Refunded, of.OurFee, of.ProviderFee) }

func (f fields) sum() (h Hash) { f.into.Sum(h[:0]); return h }

const hashedTime = "2006-01-02T15:04:05.000Z"

// Digest is the SHA-256 of an entry where it stands: "entry.v1", id, mode, partner, currency, kind, object, account, reference, time,
// the facts, the number of postings and each one's accounts and amount, author, note, business day, shard, number, time of posting.
// Numbers are decimal, times in UTC with milliseconds, ids as UUIDs.
func (r Recorded) Digest() Hash {
	f := fields{sha256.New()}
	f.text("entry.v1", r.ID, string(r.Mode), r.Partner.String(), string(r.Currency), string(r.Kind), r.Object.String(), r.Through.String(),
		r.Reference, r.At.UTC().Format(hashedTime))
	f.facts(r.Facts)
	f.number(int64(len(r.Postings)))
	for _, p := range r.Postings {
		f.text(string(p.From), string(p.To))
		f.number(p.Amount)
	}
	f.text(r.By, r.Note, string(r.Day))
	f.number(int64(r.Shard), r.Seq)
	f.text(r.PostedAt.UTC().Format(hashedTime))
	return f.sum()
}

// Sum is the hash of a settlement: "settlement.v1", the hash of the one before, id, mode, partner, currency, day, the number of
// entries and their digest, both facts, earned, charge, carried, payout, carried forward, written as Recorded.Digest writes
// them. A payout's reference comes later and is not in it.
func (s Settlement) Sum() Hash {
	f := fields{sha256.New()}
	f.text("settlement.v1", s.Previous.String(), s.ID.String(), string(s.Mode), s.Partner.String(), string(s.Currency), string(s.Day))
	f.number(s.Entries)
	f.text(s.Digest.String())
	f.facts(s.Facts)
	f.facts(s.Own)
	f.number(s.Earned, s.Charge, s.Carried, s.Payout, s.CarriedForward)
	return f.sum()
}

// Then is the hash of h followed by the next one: the link of a chain.
func (h Hash) Then(next Hash) (sum Hash) {
	link := sha256.New()
	link.Write(h[:])
	link.Write(next[:])
	link.Sum(sum[:0])
	return sum
}

// Sums is what entries do to a settlement, in minor units, in whatever order they are added.
type Sums struct {
	Facts  Facts `json:"facts,omitzero"` // as Settlement has them
	Own    Facts `json:"own,omitzero"`
	Earned int64 `json:"earned,omitempty"`
	Aside  int64 `json:"aside,omitempty"` // what settlements set aside of what is owed: negative
	Charge int64 `json:"charge,omitempty"`
}

// Add adds an entry. It changes nothing and fails with money.ErrOverflow if a sum would leave int64.
func (s *Sums) Add(e Entry) (err error) {
	sum := *s
	owed, charged := e.effects()
	facts, earned := &sum.Facts, &sum.Earned
	if e.throughOwn() {
		facts = &sum.Own
	}
	if e.Kind == KindReserved {
		earned = &sum.Aside
	}
	if *facts, err = facts.Plus(e.Facts); err != nil {
		return err
	}
	if *earned, err = plus(*earned, owed); err != nil {
		return err
	}
	if sum.Charge, err = plus(sum.Charge, charged); err != nil {
		return err
	}
	*s = sum
	return nil
}

// Tally is a day's entries, counted one by one in the order of shards and numbers. It can be kept as JSON and gone on with.
type Tally struct {
	Book
	Sums
	Day      Day       `json:"day"`
	Entries  int64     `json:"entries,omitempty"`
	Digest   Hash      `json:"digest,omitzero"` // of each entry's own, chained by Hash.Then
	Shard    int       `json:"shard,omitempty"` // where the last entry stands
	Seq      int64     `json:"seq,omitempty"`
	PostedAt time.Time `json:"posted_at,omitzero"`
}

// ErrOutOfTurn is an entry that does not follow the one before it: another book's or day's, or behind a gap. A list from an
// index that is not whole looks like that, too: the day has to be read again.
var ErrOutOfTurn = fault.Unavailable("ledger_entry_out_of_turn", "The entries of the day are not complete yet.")

// Add counts the next entry. It changes nothing and fails with ErrOutOfTurn or money.ErrOverflow.
func (t *Tally) Add(r Recorded) error {
	if r.Book != t.Book || r.Day != t.Day || t.Entries > 0 && (r.Shard < t.Shard || r.Shard == t.Shard && r.Seq != t.Seq+1) {
		return ErrOutOfTurn
	}
	if err := t.Sums.Add(r.Entry); err != nil {
		return err
	}
	t.Entries, t.Shard, t.Seq, t.PostedAt, t.Digest = t.Entries+1, r.Shard, r.Seq, r.PostedAt, t.Digest.Then(r.Digest())
	return nil
}

// effects is what an entry changes of what we owe the partner, and of what he owes us in fees.
func (e Entry) effects() (owed, charged int64) {
	for _, p := range e.Postings {
		owed += moves(p, Payable)
		if e.Facts != (Facts{}) {
			charged -= moves(p, Receivable)
		}
	}
	return owed, charged
}

func moves(p Posting, a Account) int64 {
	switch a {
	case p.From:
		return -p.Amount
	case p.To:
		return p.Amount
	}
	return 0
}

// throughOwn reports the facts of a payment through the partner's own account: nothing of them is owed to him.
func (e Entry) throughOwn() bool {
	for _, p := range e.Postings {
		if p.From == Payable || p.To == Payable {
			return false
		}
	}
	return e.Facts != Facts{}
}

// Net is what an entry adds to what a settlement owes the partner, less what he owes us for it. listed is false for an entry
// that has no place in a register: it only moves money between the bank, the partner and us.
func (e Entry) Net() (net int64, listed bool) {
	owed, charged := e.effects()
	if e.Kind == KindReserved {
		return 0, false
	}
	return owed - charged, owed != 0 || e.Facts != Facts{}
}
