from filterdns.dns.noise import LOWEST_PORT, Noise


def test_noise_is_never_given_twice() -> None:
    noise = Noise()
    taken = [noise.take(16) for _ in range(5000)]
    assert len(set(taken)) == 5000
    assert {len(octets) for octets in taken} == {16}
    assert len(noise.take(300)) == 300


def test_every_port_is_as_likely_as_any_other() -> None:
    noise = Noise()
    counts = [0] * 16
    many = 64_000
    for _ in range(many):
        port = noise.port()
        assert LOWEST_PORT <= port < 65_536
        counts[(port - LOWEST_PORT) * 16 // (65_536 - LOWEST_PORT)] += 1
    expected = many / 16
    assert sum((count - expected) ** 2 / expected for count in counts) < 60  # 15 degrees of freedom: p < 1e-6
