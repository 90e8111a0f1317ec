"""The product's speed beside a floor: bare SQL doing the same work in the same run (`make bench`)."""
