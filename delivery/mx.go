package delivery

import (
	"context"
	"strings"
)

// cloudMX are the mail exchangers of all Microsoft clouds, to tell another cloud from a gateway.
var cloudMX = []string{
	"mail.protection.outlook.com", "mail.protection.office365.us", "mail.protection.partner.outlook.cn", newMX,
}

func (l look) mx(ctx context.Context) Item {
	found := l.ask(ctx, "MX", l.domain)
	if found.err != nil && !notFound(found.err) {
		return unknown(CheckMX, "MX", found.err)
	}
	item := Item{Check: CheckMX, Who: DNSAdministrator}
	var hosts []string
	ours, other := false, false
	for _, mx := range found.mx {
		host := strings.TrimSuffix(mx.Host, ".")
		item.Records = append(item.Records, shown(l.domain, "MX", host))
		hosts = append(hosts, host)
		ours = ours || insideAny(host, l.sender.MXSuffixes)
		other = other || insideAny(host, cloudMX)
	}
	switch {
	case len(hosts) == 0:
		item.Verdict = Missing
		item.Line = l.domain + " has no MX record. Replies and bounces to the mailbox are lost, " +
			"and some receivers refuse mail from such a domain."
		item.Publish = l.mxRecord(ctx)
	case len(hosts) == 1 && hosts[0] == "":
		item.Verdict = Wrong
		item.Line = l.domain + " says that it receives no mail (a null MX). " +
			"Replies and bounces are lost, and receivers may refuse its mail." // RFC 7505 section 4.2
		item.Publish = l.mxRecord(ctx)
	case ours:
		item.Verdict, item.Who = Right, ""
		item.Line = "Mail to " + l.domain + " goes to Exchange Online, so replies and bounces reach the mailbox."
	case other:
		item.Verdict = Wrong
		item.Line = "Mail to " + l.domain + " goes to another Microsoft cloud (" + cut(hosts[0], 80) +
			"). Replies and bounces do not reach a mailbox in this cloud."
		item.Publish = l.mxRecord(ctx)
	default:
		item.Verdict, item.Who = Right, ""
		item.Line = "Mail to " + l.domain + " goes to " + cut(hosts[0], 80) +
			" first. That is fine for a mail gateway; make sure that it delivers replies and bounces to this mailbox."
	}
	return item
}

// mxRecord is the mail exchanger to publish. Microsoft names it after the domain, with dashes for dots; the name is
// offered when it exists, which it does once the domain is in Microsoft 365.
func (l look) mxRecord(ctx context.Context) []Record {
	record := Record{Name: l.domain, Type: "MX"}
	if len(l.sender.MXSuffixes) > 0 {
		host := strings.ReplaceAll(l.domain, ".", "-") + "." + l.sender.MXSuffixes[0]
		if found := l.ask(ctx, "A", host); found.err == nil && len(found.addrs) > 0 {
			record.Value = "0 " + host
			return []Record{record}
		}
	}
	record.From = "Settings > Domains in the Microsoft 365 admin center"
	return []Record{record}
}
