package steps

import "strings"

// portalLabel is a label of the portal in English and in French. Where Microsoft's
// documentation names two French ones, both are given.
type portalLabel struct{ english, french string }

// The labels on the guided pages, as Microsoft's French documentation has them:
// https://learn.microsoft.com/fr-fr/entra/identity-platform/quickstart-register-app,
// https://learn.microsoft.com/fr-fr/graph/auth-register-app-v2 (account types),
// https://learn.microsoft.com/fr-fr/entra/identity-platform/quickstart-configure-app-access-web-apis
// (permissions). "API autorisées" is the menu's entry on
// https://learn.microsoft.com/fr-fr/entra/identity/app-proxy/application-proxy-secure-api-access.
var (
	registerLabels = []portalLabel{
		{"App registrations", "Inscriptions d'applications"},
		{"New registration", "Nouvelle inscription"},
		{"Supported account types", "Types de comptes pris en charge"},
		{"this organizational directory only", "Comptes dans cet annuaire organisationnel uniquement"},
		{"Redirect URI", "URI de redirection"},
		{"Register", "Inscrire"},
		{"Overview", "Vue d'ensemble"},
		{"Application (client) ID", "ID d'application (client)"},
		{"Directory (tenant) ID", "ID d'annuaire (locataire)"},
	}
	secretLabels = []portalLabel{
		{"Certificates & secrets", "Certificats et secrets, or Certificats & secrets"}, //nolint:misspell // it is French
		{"New client secret", "Nouveau secret client"},
		{"Add", "Ajouter"},
		{"Value", "Valeur"},
	}
	permissionLabels = []portalLabel{
		{"API permissions", "Autorisations de l'API, or API autorisées"},
		{"Add a permission", "Ajouter une autorisation"},
		{"Application permissions", "Autorisations de l'application"},
		{"Delegated permissions", "Autorisations déléguées"},
		{"Add permissions", "Ajouter des autorisations"},
		{"Grant admin consent", "Accorder un consentement d'administrateur"},
	}
)

// switchToEnglish says how the portal gets the language of the guides
// (https://learn.microsoft.com/azure/azure-portal/set-preferences#language--region;
// its French labels are on the same page in French).
const switchToEnglish = "The instructions use the portal's English labels. If your portal is in another language, " +
	"choose the **Settings** icon at the top right of the portal, then **Language + region**, then English, then " +
	"**Apply**. In French: **Paramètres**, **Langue**, **Appliquer**."

// portalHelp adds to the help of a guided page what its labels are in French.
func portalHelp(help string, labels []portalLabel) string {
	lines := []string{"In a French portal:"}
	for _, l := range labels {
		lines = append(lines, l.english+": **"+l.french+"**")
	}
	return help + "\n\n" + switchToEnglish + "\n\n" + strings.Join(lines, "\n")
}
