package dynamoengine

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"giberno.ru/shared/platform/table"
)

// expression collects what the texts of one action refer to. The same action gives the same texts and names every time: a
// transaction that is sent again with its request token must say the same.
type expression struct {
	names  map[string]string
	values item
	err    error
}

// value gives the placeholder of a value.
func (x *expression) value(attr string, v table.Value) string {
	encoded, err := encodeValue(attr, v)
	if err != nil && x.err == nil {
		x.err = err
	}
	if x.values == nil {
		x.values = make(item, 8)
	}
	placeholder := ":" + strconv.Itoa(len(x.values))
	x.values[placeholder] = encoded
	return placeholder
}

// path gives the attribute as an expression can name it.
func (x *expression) path(attr string) string {
	if plainName(attr) {
		return attr
	}
	for alias, known := range x.names {
		if known == attr {
			return alias
		}
	}
	if x.names == nil {
		x.names = make(map[string]string, 2)
	}
	alias := "#" + strconv.Itoa(len(x.names))
	x.names[alias] = attr
	return alias
}

// plainName reports whether a name may stand in an expression without an alias. "ttl" is a reserved word.
func plainName(attr string) bool {
	if attr == ttlAttr || attr == "" {
		return false
	}
	for i := range len(attr) {
		c := attr[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return attr[0] != '_'
}

// always holds of every row and of none. The service wants a condition in a check.
const always = "attribute_exists(pk) OR attribute_not_exists(pk)"

// condition joins the conditions; nil if there are none.
func (x *expression) condition(conds []table.CondParts) *string {
	if len(conds) == 0 {
		return nil
	}
	parts := make([]string, len(conds))
	for i, c := range conds {
		parts[i] = x.one(c)
	}
	joined := strings.Join(parts, " AND ")
	return &joined
}

func (x *expression) one(c table.CondParts) string {
	switch c.Op {
	case table.RowAbsent:
		return "attribute_not_exists(pk)"
	case table.RowExists:
		return "attribute_exists(pk)"
	case table.AttrMissing:
		return "attribute_not_exists(" + x.path(c.Name) + ")"
	case table.AttrEquals:
		return x.path(c.Name) + " = " + x.value(c.Name, c.Value)
	case table.AttrDiffers:
		path := x.path(c.Name)
		return "(attribute_not_exists(" + path + ") OR " + path + " <> " + x.value(c.Name, c.Value) + ")"
	case table.AttrAtLeast:
		return x.path(c.Name) + " >= " + x.value(c.Name, c.Value)
	case table.AttrAtMost:
		return x.path(c.Name) + " <= " + x.value(c.Name, c.Value)
	default: // AttrOneOf
		these := make([]string, len(c.Any))
		for i, v := range c.Any {
			these[i] = x.value(c.Name, v)
		}
		return x.path(c.Name) + " IN (" + strings.Join(these, ", ") + ")"
	}
}

// nothing is an attribute that no row has. A transaction wants an expression even from an update that changes nothing.
const nothing = "nothing0"

// update writes the changes of an update as "SET … ADD … REMOVE …"; nil if there are none.
func (x *expression) update(p table.Parts) *string {
	var set, add []string
	remove := slices.Clone(p.Remove)
	for _, attr := range slices.Sorted(maps.Keys(p.Set)) {
		set = append(set, x.path(attr)+" = "+x.value(attr, p.Set[attr]))
	}
	for _, attr := range slices.Sorted(maps.Keys(p.Add)) {
		add = append(add, x.path(attr)+" "+x.value(attr, table.N(p.Add[attr])))
	}
	move := func(to *table.Key, pk, sk string) {
		switch {
		case to == nil:
		case to.IsZero():
			remove = append(remove, pk, sk)
		default:
			set = append(set, pk+" = "+x.value(pk, table.S(to.PK)), sk+" = "+x.value(sk, table.S(to.SK)))
		}
	}
	move(p.First, firstPKAttr, firstSKAttr)
	move(p.Second, secondPKAttr, secondSKAttr)
	switch {
	case p.TTL == nil:
	case *p.TTL == 0:
		remove = append(remove, ttlAttr)
	default:
		set = append(set, x.path(ttlAttr)+" = "+x.value(ttlAttr, table.N(*p.TTL)))
	}
	return x.clauses(set, add, remove)
}

func (x *expression) clauses(set, add, remove []string) *string {
	// The service refuses an attribute that is removed twice in one expression.
	slices.Sort(remove)
	remove = slices.Compact(remove)
	for i, attr := range remove {
		remove[i] = x.path(attr)
	}
	var parts []string
	for _, clause := range []struct {
		word  string
		items []string
	}{{"SET ", set}, {"ADD ", add}, {"REMOVE ", remove}} {
		if len(clause.items) > 0 {
			parts = append(parts, clause.word+strings.Join(clause.items, ", "))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	joined := strings.Join(parts, " ")
	return &joined
}
