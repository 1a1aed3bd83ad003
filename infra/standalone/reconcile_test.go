package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/standalone/platform"
)

func TestReconcile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GIBERNO_DATA", dir)
	require.Len(t, command1(t, "partner", "list")["items"], 1)
	d, err := platform.ReadDemo(dir)
	require.NoError(t, err)
	register := filepath.Join(t.TempDir(), "register.csv")
	write := func(text string) { require.NoError(t, os.WriteFile(register, []byte(text), 0o600)) }
	const head = "Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\n"
	args := func(file string) []string {
		return []string{"reconcile", "-mode", "test", "-account", d.Accounts[0].ID.String(), "-from", "2026-03-01", "-to", "2026-03-02", "-grace", "0", file}
	}
	refused := func(why string, args ...string) {
		require.ErrorContains(t, run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}), why)
	}
	t.Run("ItNamesWhatTheLedgerDoesNotHave", func(t *testing.T) {
		write(head + "A-1;1;Оплата;Успешно;1500,00;28,50;RUB;01.03.2026 12:00:00\n")
		for range 2 { // the second time nothing is new
			require.Equal(t, map[string]any{"missing_here": 1.0}, command1(t, args(register)...)["open"])
		}
		list := command1(t, "break", "list", "?mode=test")["items"].([]any)
		require.Len(t, list, 1)
		id := list[0].(map[string]any)["id"].(string)
		require.Equal(t, "Anna", command1(t, "break", "assign", id, "mode=test", "operator=Anna")["owner"])
		require.Equal(t, "resolved", command1(t, "break", "resolve", id, "mode=test", "note=of another system")["state"])
	})
	t.Run("ErrNoRegister", func(t *testing.T) {
		refused("usage: reconcile", "reconcile", "-mode", "test")
		refused("no such file", args(filepath.Join(dir, "none.csv"))...)
		refused("a register is a .csv or an .xlsx", args(filepath.Join(dir, "demo.json"))...)
		write("")
		refused("the register is empty", args(register)...)
	})
	t.Run("ErrRefused", func(t *testing.T) {
		write("one,two\n")
		refused("register_heading_missing", args(register)...)
	})
	t.Run("SettlementsAndTransfers", func(t *testing.T) {
		require.Empty(t, command1(t, "settlement", "list", "?mode=test")["items"])
		refused("settlement_not_found", "settlement", "paid-out", "0f8fad5b-d9cb-869f-a165-708677280000", "?mode=test", "reference=PP-1")
		refused("ledger_day_not_found", "settlement", "close", "partner="+d.PartnerID.String(), "mode=test", "currency=RUB", "day=2020-03-01")
		told := command1(t, "transfer", "record", "account="+d.Accounts[0].ID.String(), "partner="+d.PartnerID.String(), "mode=test",
			`amount:={"amount":100000,"currency":"RUB"}`, "reference=PP-77")
		require.Equal(t, "PP-77", told["reference"])
	})
}
