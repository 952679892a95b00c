# Reference values for the impact designs, by R's own tools: data sets and expected.json beside this file.
#   Rscript reference.R        (Debian: r-base-core r-cran-lme4 r-cran-clubsandwich r-cran-sandwich)
suppressMessages({library(lme4); library(clubSandwich); library(sandwich)})
set.seed(20260701)
out <- list()
tightly <- list(epsilon = 1e-14, maxit = 100)
num <- function(x) formatC(x, digits = 15, format = "g")
put <- function(key, value) out[[key]] <<- value
robust <- function(fit, cluster, k, exponent = FALSE) {
  V <- vcovCR(fit, cluster = cluster, type = "CR2")
  test <- coef_test(fit, vcov = V, test = "Satterthwaite")
  c(beta = unname(coef(fit)[k]), se = sqrt(V[k, k]), df = as.numeric(test$df_Satt[k]))
}

# Stepped wedge: 12 clusters, 5 periods, unequal sizes; a number and an event.
I <- 12; T <- 5
sw <- do.call(rbind, lapply(1:I, function(i) {
  b <- rnorm(1, 0, .5)
  do.call(rbind, lapply(1:T, function(t) {
    m <- 4 + (i * t) %% 5
    on <- as.integer(t > ceiling(i / 3))
    data.frame(cluster = sprintf("c%02d", i), period = t, treated = on,
               y = round(10 + .3 * t + b - .6 * on + rnorm(m), 4),
               event = rbinom(m, 1, plogis(-.6 + .05 * t + .6 * b - .5 * on)))
  }))
}))
write.csv(sw, "stepped.csv", row.names = FALSE, quote = FALSE)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-14, maxfun = 1e6), calc.derivs = FALSE)
for (what in c("y", "event")) {
  sw$o <- sw[[what]]
  m <- lmer(o ~ factor(period) + treated + (1 | cluster), sw, REML = TRUE, control = tight)
  vc <- as.data.frame(VarCorr(m))
  r <- vc$vcov[1] / vc$vcov[2]
  put(paste0("stepped_", what, "_reml"),
      c(beta = unname(fixef(m)["treated"]), se = sqrt(vcov(m)["treated", "treated"]), icc = r / (1 + r), sigma2 = vc$vcov[2]))
  # CR2 on the rows divided by the root of their covariance.
  X <- model.matrix(m); n <- ave(sw$o, sw$cluster, FUN = length); th <- 1 - 1 / sqrt(1 + r * n)
  Xt <- X - th * apply(X, 2, function(v) ave(v, sw$cluster)); yt <- sw$o - th * ave(sw$o, sw$cluster)
  f <- lm(yt ~ 0 + Xt)
  put(paste0("stepped_", what, "_cr2"), robust(f, sw$cluster, ncol(X)))
}
p <- glm(event ~ factor(period) + treated, poisson, sw, control = tightly)
put("stepped_event_poisson_cr2", robust(p, sw$cluster, length(coef(p))))
b <- glm(event ~ factor(period) + treated, binomial, sw, control = tightly)
put("stepped_event_logistic_cr2", robust(b, sw$cluster, length(coef(b))))

# Cluster trial.
ct <- do.call(rbind, lapply(1:14, function(i) {
  m <- 8 + (5 * i) %% 9; b <- rnorm(1, 0, .4)
  data.frame(cluster = sprintf("k%02d", i), arm = as.integer(i > 7), event = rbinom(m, 1, plogis(-.4 + b - .6 * (i > 7))),
             y = round(50 + 2 * b - 1.5 * (i > 7) + rnorm(m, 0, 3), 3))
}))
write.csv(ct, "cluster.csv", row.names = FALSE, quote = FALSE)
put("cluster_y_cr2", robust(lm(y ~ arm, ct), ct$cluster, 2))
put("cluster_rd_cr2", robust(lm(event ~ arm, ct), ct$cluster, 2))
put("cluster_rr_cr2", robust(glm(event ~ arm, poisson, ct, control = tightly), ct$cluster, 2))
put("cluster_or_cr2", robust(glm(event ~ arm, binomial, ct, control = tightly), ct$cluster, 2))
means <- aggregate(y ~ cluster + arm, ct, mean)
tt <- t.test(means$y[means$arm == 1], means$y[means$arm == 0], var.equal = TRUE)
put("cluster_means_t", c(difference = unname(tt$estimate[1] - tt$estimate[2]), lo = tt$conf.int[1], hi = tt$conf.int[2], p = tt$p.value))
av <- anova(lm(y ~ factor(arm) + factor(cluster), ct)); msb <- av[2, 3]; msw <- av[3, 3]
sz <- table(ct$cluster); arm_of <- tapply(ct$arm, ct$cluster, max)
n0 <- (nrow(ct) - sum(tapply(sz^2, arm_of, sum) / tapply(sz, arm_of, sum))) / (length(sz) - 2)
put("cluster_icc", c(icc = (msb - msw) / (msb + (n0 - 1) * msw)))
w <- t.test(ct$y[ct$arm == 1], ct$y[ct$arm == 0])
put("welch", c(se = w$stderr, df = unname(w$parameter), lo = w$conf.int[1], hi = w$conf.int[2], p = w$p.value))
ct$stratum <- c("a", "b", "c")[1 + (seq_len(nrow(ct)) %% 3)]
mh <- mantelhaen.test(table(ct$arm, ct$event, ct$stratum), correct = FALSE)
put("mantel_haenszel_or", c(or = unname(1 * mh$estimate), lo = mh$conf.int[1], hi = mh$conf.int[2]))

# Difference in differences: 10 hospitals, 8 periods, five adopt at period 5.
did <- do.call(rbind, lapply(1:10, function(i) {
  a <- rnorm(1, 0, 2); e <- as.numeric(arima.sim(list(ar = .4), 8))
  data.frame(unit = sprintf("h%02d", i), period = 1:8, treated = as.integer(i <= 5 & (1:8) >= 5),
             y = round(20 + a + .2 * (1:8) - 1.1 * (i <= 5 & (1:8) >= 5) + e, 4))
}))
write.csv(did, "did.csv", row.names = FALSE, quote = FALSE)
m <- lm(y ~ factor(unit) + factor(period) + treated, did)
k <- length(coef(m))
put("did_cr2", robust(m, did$unit, k))
put("did_cr1", c(se = sqrt(vcovCL(m, cluster = did$unit, type = "HC1")[k, k])))
did$ev <- ifelse(did$unit <= "h05", pmax(pmin(did$period - 5, 8), -4), -1)
m <- lm(y ~ factor(unit) + factor(period) + relevel(factor(ev), "-1"), did)
put("did_event_0_cr2", robust(m, did$unit, grep(")0$", names(coef(m)))))
put("did_event_m3_cr2", robust(m, did$unit, grep(")-3$", names(coef(m)))))

# Interrupted series: Newey-West for the Sicily-like model on a series of our own.
t <- 1:48; after <- as.integer(t > 30)
n <- rpois(48, exp(4.2 + .004 * t - .2 * after + .15 * sin(2 * pi * t / 12)))
its <- data.frame(time = t, after = after, count = n)
write.csv(its, "its.csv", row.names = FALSE, quote = FALSE)
m <- glm(count ~ after + time + sin(2 * pi * time / 12) + cos(2 * pi * time / 12), quasipoisson, its)
V <- NeweyWest(m, lag = 4, prewhite = FALSE, adjust = TRUE)
put("its_newey_west", c(beta = unname(coef(m)[2]), se = sqrt(V[2, 2]), quasi = sqrt(vcov(m)[2, 2])))
b <- Box.test(residuals(m), lag = 12, type = "Ljung")
put("its_ljung_box", c(q = unname(b$statistic), p = b$p.value))

# Before and after.
put("mcnemar", c(p = binom.test(4, 15)$p.value))
lines <- vapply(names(out), function(k) {
  v <- out[[k]]
  sprintf('  "%s": {%s}', k, paste(sprintf('"%s": %s', names(v), num(v)), collapse = ", "))
}, "")
writeLines(c("{", paste(lines, collapse = ",\n"), "}"), "expected.json")
