package identity

import (
	"time"

	"giberno.ru/shared/core/ids"
)

// Operator is one of us who may change partners and accounts.
type Operator struct {
	ID        ids.ID    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

// Check tells the wrong fields of an operator.
func (o Operator) Check() error {
	var w wrong
	w.text("name", o.Name, 1, 128)
	return w.fault()
}
