package store

import (
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/table"
)

// Prefix begins every key of this domain, keys of indexes included.
const Prefix = "ID#"

// The rows, by their keys:
//
//	ID#PRT#{partner}                        P          a partner                    First: ID#PRTS, newest last
//	ID#OPR#{operator}                       O          an operator                  First: ID#OPRS
//	ID#TOK#{token}                          T          a token                      First: ID#TOKS#{holder}
//	ID#ACCT#{mode}                          {account}  every account of a mode, read as one partition
//	ID#TERM#{mode}#{provider}#{terminal}    A          whose terminal it is: makes it unique
//	ID#ONCE#{name}                          N          a call with an Idempotency-Key whose object has no name made of it

func partnerKey(id ids.ID) table.Key {
	return table.Key{PK: Prefix + "PRT#" + id.String(), SK: "P"}
}

func operatorKey(id ids.ID) table.Key {
	return table.Key{PK: Prefix + "OPR#" + id.String(), SK: "O"}
}

func tokenKey(id string) table.Key { return table.Key{PK: Prefix + "TOK#" + id, SK: "T"} }

func accountsPK(m ids.Mode) string { return Prefix + "ACCT#" + string(m) }

func accountKey(m ids.Mode, id ids.ID) table.Key {
	return table.Key{PK: accountsPK(m), SK: id.String()}
}

func terminalKey(provider string, m ids.Mode, terminal string) table.Key {
	return table.Key{PK: Prefix + "TERM#" + string(m) + "#" + provider + "#" + terminal, SK: "A"}
}

func onceKey(name ids.ID) table.Key { return table.Key{PK: Prefix + "ONCE#" + name.String(), SK: "N"} }

const (
	partnersPK  = Prefix + "PRTS"
	operatorsPK = Prefix + "OPRS"
)

func tokensPK(holder ids.ID) string { return Prefix + "TOKS#" + holder.String() }

// listed is a place in a list by time.
func listed(pk string, at time.Time, id string) table.Key {
	return table.Key{PK: pk, SK: at.UTC().Format("20060102T150405.000Z") + "#" + id}
}
