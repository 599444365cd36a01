package product

import (
	"slices"
	"strings"
)

// DefaultID is the product that is set up when none is named.
const DefaultID = "pal"

const (
	// unknownAddress describes a product's web address where its own label is not known.
	unknownAddress = "(web address)"
	exampleAddress = "https://server.agency.gov"

	adminURL     = "Application Admin URL"
	smtpRedirect = "/connectors/SMTP.aspx"
)

// builtIn are the products of PAL's maker, read in its public guides below
// https://guide.casepoint.com/resource-center in November 2026: foiaxpress-pal-office-365-oauth-configuration,
// foiaxpress-collab-office-365-oauth-configuration, ecase-office-365-oauth-configuration,
// foiaxpress-send-emails-using-azure, system-settings-1 and atipxpress-pal-system-configuration-manual. A label that
// no guide gives is left empty.
var builtIn = []Product{
	{
		ID: DefaultID, Name: "PAL", Purpose: "our public request portal", AppName: "PAL mail",
		AddressLabel: adminURL, AddressExample: "https://pal.agency.gov/app", RedirectPath: smtpRedirect,
		Settings: []string{"General Settings", "Mail Server Configuration"}, Fields: mailServerConfiguration,
	},
	{
		ID: "collaboration", Name: "Collaboration", Purpose: "the portal of our reviewers",
		AppName:      "Collaboration mail",
		AddressLabel: adminURL, AddressExample: "https://collaboration.agency.gov/app", RedirectPath: smtpRedirect,
		Settings: []string{"General Settings", "Mail Server Configuration"}, Fields: mailServerConfiguration,
	},
	{
		ID: "ecase", Name: "eCASE", Purpose: "our case management", AppName: "eCASE mail",
		AddressLabel: adminURL, AddressExample: "https://ecase.agency.gov/app", RedirectPath: smtpRedirect,
		Settings: []string{"eCASE", "Settings", "Connectors", "eMail (SMTP)"},
		Fields: []Field{
			{"OAuth Client ID", ClientID}, {"Tenant ID", TenantID}, {"", Mailbox}, {"", Secret},
		},
	},
	{
		ID: "foiaxpress", Name: "FOIAXpress", Purpose: "the FOIA office's case management", AppName: "FOIAXpress mail",
		AddressLabel: unknownAddress, AddressExample: "https://foiaxpress.agency.gov",
		Settings: []string{"Administration", "System Administration", "System Settings", "Mail Server Address"},
		Switch:   "Authentication Mode: Microsoft 365 Email",
		Fields: []Field{
			{"", ClientID}, {"", TenantID}, {"Secret Key", Secret}, {"Client Secret Expiry Date", SecretEnd},
		},
		ManyMailboxes: true,
		Words: "FOIAXpress sends as the office's own users. Its expiry date must be the one that Microsoft Entra shows " +
			"for the secret.",
	},
	{
		ID: "atipxpress-pal", Name: "ATIPXpress PAL", Purpose: "our public request portal", AppName: "PAL mail",
		AddressLabel: adminURL, AddressExample: "https://pal.agency.gov/app", RedirectPath: smtpRedirect,
		Settings: []string{"General Settings", "Mail Server Configuration"}, Fields: mailServerConfiguration,
	},
}

var mailServerConfiguration = []Field{
	{"OAuth Client ID", ClientID}, {"Tenant ID", TenantID}, {"Email Address", Mailbox}, {"Secret Key", Secret},
}

// BuiltIn lists the products that palmail knows, the default one first.
func BuiltIn() []Product { return slices.Clone(builtIn) }

// Default is the product that is set up when none is named.
func Default() Product { return builtIn[0] }

// Named returns the built-in product with this ID, in letters of either case.
func Named(id string) (Product, bool) {
	for _, p := range builtIn {
		if strings.EqualFold(p.ID, id) {
			return p, true
		}
	}
	return Product{}, false
}

// IDs are the names of the built-in products, as --product takes them.
func IDs() []string {
	ids := make([]string, len(builtIn))
	for i, p := range builtIn {
		ids[i] = p.ID
	}
	return ids
}
