package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settingsView is what the settings page shows.
type settingsView struct {
	Weather   Weather
	Preset    string // of the weather, "" for none
	Ahead     time.Duration
	Rules     Rules
	Cloud     string
	Clouds    []cloudChoice
	Codes     []barChoice
	Accounts  []accountChoice
	Mailboxes []mailboxRow
	Apps      []App
	Limits    []limitRow
}

type cloudChoice struct{ Name, Label string }

type accountChoice struct {
	Admin
	Text string
}

type barChoice struct {
	Code int
	Text string
}

type mailboxRow struct {
	Mailbox
	Address string
}

// limitRow is what Exchange Online says about an app and a mailbox.
type limitRow struct {
	App                       App
	Mailbox                   string
	ByRBAC, ByPolicy, Granted bool
}

var cloudChoices = []cloudChoice{
	{"commercial", "Commercial"}, {"gcc", "GCC"}, {"gcc-high", "GCC High"}, {"dod", "DoD"},
	{"china", "China (21Vianet)"},
}

var barChoices = []barChoice{
	{0, "Allowed"}, {50199, "Must be confirmed again (AADSTS50199)"},
	{53003, "Blocked by Conditional Access (AADSTS53003)"},
	{530033, "Only from managed devices (AADSTS530033)"}, {530035, "Blocked by security defaults (AADSTS530035)"},
}

// uniqueNameRefusals are the statuses of Rules.UniqueNameRefused.
var uniqueNameRefusals = []int{0, 404, 405, 501}

// signInScopes are the permissions of Azure CLI's token that a setup uses.
var signInScopes = []string{
	"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All",
	"AuditLog.Read.All",
}

var weatherNames = []string{"calm", "usual", "rough"}

func (p *portal) settings(v *visit) error {
	return v.page("Settings of the practice tenant", v.view.settingsPage(p.readSettings(v)))
}

func (p *portal) readSettings(v *visit) settingsView {
	t := v.tenant
	v.view.Section = "settings"
	d := settingsView{
		Weather: t.Weather(), Ahead: t.ClockAhead(), Rules: t.Rules(), Cloud: t.Cloud(), Clouds: cloudChoices,
		Codes: barChoices, Apps: t.Apps(),
	}
	for _, name := range weatherNames {
		if w, _ := WeatherNamed(name); w == d.Weather {
			d.Preset = name
		}
	}
	for _, a := range t.Admins() {
		text := a.Name + " (" + a.Username + "), "
		if len(a.Roles) == 0 {
			text += "no role"
		}
		if !a.Elsewhere {
			d.Accounts = append(d.Accounts, accountChoice{a, text + strings.Join(a.Roles, ", ")})
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, address := range slices.Sorted(maps.Keys(t.mailboxes)) {
		d.Mailboxes = append(d.Mailboxes, mailboxRow{t.mailboxes[address].Mailbox, address})
	}
	for _, a := range t.apps {
		for _, m := range d.Mailboxes {
			if rbac, policy := t.inRBAC(a, m.Address), t.hasPolicy(a, m.Address); rbac || policy {
				d.Limits = append(d.Limits, limitRow{
					App: a.shown(), Mailbox: m.Address, ByRBAC: rbac, ByPolicy: policy, Granted: a.granted(mailSend),
				})
			}
		}
	}
	return d
}

// change carries out one form of the settings page.
func (p *portal) change(v *visit) error {
	f := v.r.PostForm
	parts := map[string]func(*visit, url.Values) error{
		"who": setWho, "weather": setWeatherNamed, "delays": setDelays, "rules": setRules, "cloud": setCloud,
		"mailbox": setMailbox, "exchange": setExchange,
		"clock": setClock, "secret": addForeignSecret, "principal": setPrincipal,
	}
	set, known := parts[v.r.PathValue("part")]
	if !known {
		return errNoPage
	}
	if err := set(v, f); err != nil {
		return v.again("Settings of the practice tenant", v.view.settingsPage(p.readSettings(v)), sentence(err))
	}
	v.view.Done = "Saved."
	return p.settings(v)
}

func setWho(v *visit, f url.Values) error {
	v.tenant.mu.Lock()
	defer v.tenant.mu.Unlock()
	who := v.tenant.account(f.Get("who"))
	if who == nil || who.Elsewhere {
		return errors.New("pick an account")
	}
	v.visitor.account, v.view.Who = who.Username, who.Admin
	return nil
}

func setWeatherNamed(v *visit, f url.Values) error {
	w, ok := WeatherNamed(f.Get("weather"))
	if !ok {
		return errors.New("pick a weather")
	}
	v.tenant.SetWeather(w)
	return nil
}

// longestDelay is two hours, which Exchange Online takes, in seconds.
const longestDelay = 7200

// setDelays sets the weather in figures: seconds, and how often calls fail.
// What the form lacks stays as it is.
func setDelays(v *visit, f url.Values) error {
	w := v.tenant.Weather()
	for name, into := range map[string]*time.Duration{
		"latency": &w.Latency, "app-delay": &w.AppDelay, "secret-delay": &w.SecretDelay,
		"consent-delay":  &w.ConsentDelay,
		"exchange-delay": &w.ExchangeDelay, "exchange-delay-active": &w.ExchangeDelayActive,
		"policy-delay": &w.PolicyDelay,
		"log-delay":    &w.SignInLogDelay,
	} {
		if !f.Has(name) {
			continue
		}
		s, err := strconv.ParseFloat(f.Get(name), 64)
		if err != nil || !(s >= 0 && s <= longestDelay) { // NaN is neither
			return fmt.Errorf("delays are seconds between 0 and %d", longestDelay)
		}
		*into = time.Duration(s * float64(time.Second))
	}
	for name, into := range map[string]*int{
		"throttle": &w.ThrottleEvery, "throttle-seconds": &w.ThrottleSeconds, "fault": &w.FaultEvery,
		"fault-seconds": &w.FaultSeconds,
		"create-faults": &w.CreateFaults, "damage": &w.DamageEvery, "lose": &w.LoseEvery,
	} {
		if !f.Has(name) {
			continue
		}
		n, err := strconv.Atoi(f.Get(name))
		if err != nil || n < 0 || n > 1000 {
			return errors.New("how often calls fail is a number between 0 and 1000")
		}
		*into = n
	}
	w.Flapping, w.CreateFaultsDone = f.Has("flapping"), f.Has("create-faults-done")
	v.tenant.SetWeather(w)
	return nil
}

func setRules(v *visit, f url.Values) error {
	days, err := strconv.Atoi(f.Get("secret-max-days"))
	if err != nil || days < 0 || days > 3650 {
		return errors.New("the longest life of a secret is a number of days between 0 and 3650")
	}
	code := func(name string) int {
		n, err := strconv.Atoi(f.Get(name))
		if err != nil || !slices.ContainsFunc(barChoices, func(b barChoice) bool { return b.Code == n }) {
			return 0
		}
		return n
	}
	r := v.tenant.Rules() // what the page does not show stays
	r.SecretMaxDays, r.SecretsForbidden = days, f.Has("secrets-forbidden")
	r.DeviceCodeForbidden, r.BrowserForbidden = code("device-code"), code("browser")
	r.MFARequired, r.AdminApprovalRequired = f.Has("mfa"), f.Has("admin-approval")
	r.SignInLacks, r.NoPremiumLicence = f.Get("sign-in-lacks"), f.Has("no-premium")
	r.UniqueNameRefused = 0
	if n, err := strconv.Atoi(f.Get("unique-name")); err == nil && slices.Contains(uniqueNameRefusals, n) {
		r.UniqueNameRefused = n
	}
	r.UsersMayRegister, r.MayNotRegister = f.Has("users-may-register"), f.Has("may-not-register")
	r.MayNotConsent = f.Has("may-not-consent")
	v.tenant.SetRules(r)
	return nil
}

func setCloud(v *visit, f url.Values) error {
	name := f.Get("cloud")
	if !slices.ContainsFunc(cloudChoices, func(c cloudChoice) bool { return c.Name == name }) {
		return errors.New("pick a cloud")
	}
	v.tenant.SetCloud(name)
	return nil
}

func setMailbox(v *visit, f url.Values) error {
	address := strings.ToLower(strings.TrimSpace(f.Get("address")))
	local, domain, _ := strings.Cut(address, "@")
	if local == "" || domain != v.tenant.domain || !isAddress(address) {
		return errors.New("the mailbox is an address of " + v.tenant.domain)
	}
	v.tenant.mu.Lock()
	full := len(v.tenant.mailboxes) >= mostKept && v.tenant.mailboxes[address] == nil
	v.tenant.mu.Unlock()
	if full {
		return errors.New("there are too many mailboxes")
	}
	v.tenant.SetMailbox(address, Mailbox{
		Licensed: f.Has("licensed"), Blocked: f.Has("blocked"), Shared: f.Has("shared"), Disabled: f.Has("disabled"),
		Guest:      f.Has("guest"),
		OnPremises: f.Has("on-premises"),
	})
	return nil
}

// mostAhead is a year, in seconds.
const mostAhead = 365 * 24 * 3600

// setClock sets the tenant's clock against this computer's.
func setClock(v *visit, f url.Values) error {
	s, err := strconv.Atoi(f.Get("ahead"))
	if err != nil || s < -mostAhead || s > mostAhead {
		return errors.New("the difference is a number of seconds, and at most a year")
	}
	v.tenant.SetClockAhead(time.Duration(s) * time.Second)
	return nil
}

// setPrincipal enables, disables or deletes an app's enterprise application.
func setPrincipal(v *visit, f url.Values) error {
	switch id := f.Get("app"); f.Get("principal") {
	case "enabled":
		return v.tenant.SetEnabled(id, true)
	case "disabled":
		return v.tenant.SetEnabled(id, false)
	case "deleted":
		return v.tenant.DeleteServicePrincipal(id)
	}
	return errors.New("pick what to do with the enterprise application")
}

// addForeignSecret adds another program's secret to an app.
func addForeignSecret(v *visit, f url.Values) error {
	description := strings.TrimSpace(f.Get("description"))
	if description == "" || len(description) > 64 {
		return errors.New("the description has 1 to 64 characters")
	}
	_, err := v.tenant.AddForeignSecret(f.Get("app"), description, time.Time{})
	return err
}

// setExchange says what Exchange Online lets an app do with a mailbox.
func setExchange(v *visit, f url.Values) error {
	address := strings.ToLower(f.Get("mailbox"))
	return v.tenant.change(f.Get("app"), func(a *app) error {
		if v.tenant.mailboxes[address] == nil {
			return errors.New("pick a mailbox")
		}
		switch f.Get("limit") {
		case "rbac":
			v.tenant.clearExchange(a, address)
			v.tenant.allow(a, address)
		case "policy":
			v.tenant.clearExchange(a, address)
			v.tenant.block(a, address)
		case "none":
			v.tenant.clearExchange(a, address)
		default:
			return errors.New("pick what Exchange Online says")
		}
		return nil
	})
}
