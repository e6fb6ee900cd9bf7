"""What `migrate check` tries in a scratch database besides: rollbacks, seeds twice; and what failed there."""
