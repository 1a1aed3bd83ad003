package web

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"giberno.ru/shared/core/money"
)

// The types of core know nothing of JSON schemas; these stand in for them.

type quantitySchema struct{}

// Schema of money.Quantity. The type itself reads the number from its text and holds it to three decimals.
func (quantitySchema) Schema(huma.Registry) *huma.Schema {
	zero, most := 0.0, 99_999.999
	return &huma.Schema{
		Type: huma.TypeNumber, ExclusiveMinimum: &zero, Maximum: &most,
		Description: "Above 0, at most 99999.999, with at most three decimals", Examples: []any{json.RawMessage("1.5")},
	}
}

type currencySchema struct{}

// Schema of money.Currency.
func (currencySchema) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: "ISO 4217 code", Examples: []any{string(money.RUB)}}
	for _, c := range money.Currencies {
		s.Enum = append(s.Enum, string(c))
	}
	return s
}

type idSchema struct{}

// Schema of ids.ID.
func (idSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "uuid", Description: "UUID of version 8",
		Examples: []any{"0f8fad5b-d9cb-869f-a165-708677280000"},
	}
}

// Rendered is a JSON document that was rendered before and is answered as it is; in the document it is a T. Keep the bytes
// of Render, and the replay has the same bytes as the first answer.
type Rendered[T any] struct{ JSON []byte }

// MarshalJSON gives the kept document.
func (r Rendered[T]) MarshalJSON() ([]byte, error) { return r.JSON, nil }

// Schema is the one of T.
func (Rendered[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}
