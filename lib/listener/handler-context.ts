import { Injectable } from '@nestjs/common';
import {
  ContextIdFactory,
  ExternalContextCreator,
  ModulesContainer,
  type ContextId,
} from '@nestjs/core';
import { ExternalExceptionFilterContext } from '@nestjs/core/exceptions/external-exception-filter-context.js';
import { ExternalExceptionsHandler } from '@nestjs/core/exceptions/external-exceptions-handler.js';
import { GuardsConsumer } from '@nestjs/core/guards/guards-consumer.js';
