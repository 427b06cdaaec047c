"""FilterDNS beside dnsmasq and unbound: the same names, questions and upstream, in turn, measured the same way."""
